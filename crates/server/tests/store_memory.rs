//! What the store takes in memory, against what it counts. A program of its own, so that nothing
//! else is in its memory.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::thread;

use server::{OVERHEAD, Store};

/// As in the program.
#[global_allocator]
static ALLOCATOR: dlmalloc::GlobalDlmalloc = dlmalloc::GlobalDlmalloc;

/// What storing is measured above: the threads' stacks, and memory that the allocator holds ready.
const SLACK: usize = 2 << 20;

/// Bytes of memory that this process has resident.
fn resident() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status
        .lines()
        .find(|line| line.starts_with("VmRSS:"))
        .unwrap();
    let kib: usize = line.split_whitespace().nth(1).unwrap().parse().unwrap();
    kib * 1024
}

/// Stores messages from several threads, as a server does, until the store is full. `message` gives
/// the receiver and the bytes of each. Returns what they count.
fn fill(store: &Store, message: impl Fn(usize) -> (String, usize) + Sync) -> usize {
    const THREADS: usize = 3;
    thread::scope(|scope| {
        let message = &message;
        let threads: Vec<_> = (0..THREADS)
            .map(|first| {
                scope.spawn(move || {
                    let mut count = 0;
                    for number in (first..).step_by(THREADS) {
                        let (receiver, length) = message(number);
                        let bytes = vec![b'x'; length].into_boxed_slice();
                        if store.create(receiver.as_bytes(), bytes).is_err() {
                            return count;
                        }
                        count += receiver.len() + length + OVERHEAD;
                    }
                    count
                })
            })
            .collect();
        threads
            .into_iter()
            .map(|thread| thread.join().unwrap())
            .sum()
    })
}

#[test]
fn c_14_the_count_covers_the_memory() {
    const LIMIT: usize = 64 << 20;
    let before = resident();
    let check = |what: &str, message: fn(usize) -> (String, usize)| {
        let store = Store::new(LIMIT);
        let counted = fill(&store, message);
        let taken = resident().saturating_sub(before);
        println!("{what}: {counted} counted, {taken} taken");
        assert!(
            taken <= counted + SLACK,
            "{what}: {counted} counted, {taken} taken"
        );
        assert!(
            counted > LIMIT - 100_000,
            "{what}: full with {counted} counted"
        );
    };
    // Again and again: what was freed must serve the next.
    for _ in 0..2 {
        check("a receiver each", |number| (number.to_string(), 5));
        check("one receiver", |_| ("bob".to_owned(), 5));
        check("100,000 receivers", |number| {
            ((number % 100_000).to_string(), 100)
        });
        check("long names", |number| (format!("{number:0255}"), 258));
        check("large messages", |_| ("bob".to_owned(), 65_000));
    }
}
