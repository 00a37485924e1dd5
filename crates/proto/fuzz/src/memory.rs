//! How much is allocated.

// An allocator cannot be written without it; it only adds up and passes on.
#![allow(unsafe_code)]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

thread_local! {
    static NOW: Cell<usize> = const { Cell::new(0) };
    static PEAK: Cell<usize> = const { Cell::new(0) };
}

struct Counting;

// SAFETY: every call is passed on to the system's allocator unchanged.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // What one thread allocates another may free, so that the sum of one can go below zero.
        let now = NOW.get().wrapping_add(layout.size());
        NOW.set(now);
        if now.wrapping_sub(PEAK.get()) < usize::MAX / 2 {
            PEAK.set(now);
        }
        // SAFETY: as promised by our caller.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        NOW.set(NOW.get().wrapping_sub(layout.size()));
        // SAFETY: as promised by our caller.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// Runs `work` and asserts that what it allocates at the same time, beyond what was there before, is at most
/// `limit` bytes. Memory that moves to a larger place counts twice at that moment.
#[track_caller]
pub(super) fn assert_at_most<T>(limit: usize, work: impl FnOnce() -> T) -> T {
    let before = NOW.get();
    PEAK.set(before);
    let result = work();
    let allocated = PEAK.get().wrapping_sub(before);
    assert!(
        allocated <= limit,
        "{allocated} bytes allocated, {limit} allowed"
    );
    result
}
