//! How fast the codecs and transformations are, in bytes per second, each beside `memcpy` on the
//! same buffer: `cargo bench -p proto`, with a part of a name to select some.
//!
//! Each module measures the protocol of its name.

mod accio;
mod action;
mod math;
mod message;
mod pickle;

use divan::counter::BytesCount;
use divan::{Bencher, Divan, black_box};

fn main() {
    // A benchmark takes no longer than this, in seconds; all of them are many.
    const LIMIT: f64 = 0.2;
    Divan::from_args()
        .max_time(std::time::Duration::from_secs_f64(LIMIT))
        .main();
}

/// What all others are measured by: copies the buffer that they read.
fn memcpy(bencher: Bencher<'_, '_>, buffer: &[u8]) {
    let mut copy = vec![0; buffer.len()];
    bencher
        .counter(BytesCount::of_slice(buffer))
        .bench_local(|| black_box(&mut copy).copy_from_slice(black_box(buffer)));
}
