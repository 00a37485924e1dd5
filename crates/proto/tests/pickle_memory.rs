//! How much memory the worst pickles take. Alone in its process, whose allocator counts.
#![allow(clippy::unwrap_used)]
// A counting allocator cannot be written without it; it only adds up and passes on.
#![allow(unsafe_code)]

use std::alloc::{GlobalAlloc, Layout, System};
use std::fmt::Write;
use std::sync::atomic::{AtomicUsize, Ordering};

use proto::pickle::Decoder;

struct Counting;

static NOW: AtomicUsize = AtomicUsize::new(0);
static PEAK: AtomicUsize = AtomicUsize::new(0);

// SAFETY: every call is passed on to the system's allocator unchanged.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let now = NOW.fetch_add(layout.size(), Ordering::Relaxed) + layout.size();
        PEAK.fetch_max(now, Ordering::Relaxed);
        // SAFETY: as promised by our caller.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        NOW.fetch_sub(layout.size(), Ordering::Relaxed);
        // SAFETY: as promised by our caller.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// The peak of what is allocated while a pickle is read, in pieces as a socket gives them, and its
/// line is written.
fn peak(pickle: &[u8]) -> usize {
    let before = NOW.load(Ordering::Relaxed);
    PEAK.store(before, Ordering::Relaxed);
    let mut decoder = Decoder::new();
    for mut input in pickle.chunks(64 * 1024) {
        match decoder.next(&mut input) {
            Ok(Some(value)) => {
                let mut line = String::new();
                write!(line, "{value}").unwrap();
                break;
            }
            Ok(None) => {}
            Err(_) => break,
        }
    }
    PEAK.load(Ordering::Relaxed) - before
}

#[test]
fn p_8_no_pickle_takes_more_than_16_mib() {
    let text = |opcode: u8, fill: u8, length: u32| {
        [
            &[opcode][..],
            &length.to_le_bytes(),
            &vec![fill; length as usize],
        ]
        .concat()
    };
    let megabyte = (1 << 20) - 100;
    let in_tuple = |parts: &[u8]| [b"(", parts, b"t."].concat();
    let twice = |text: Vec<u8>| [b"(".to_vec(), text, b"q\x00h\x00t.".to_vec()].concat();
    let worst = [
        ("values", in_tuple(&b"N".repeat(199_999))),
        ("integers", in_tuple(&b"J\xff\xff\xff\x7f".repeat(199_999))),
        (
            "floats",
            in_tuple(&b"G\x3f\xb9\x99\x99\x99\x99\x99\x99".repeat(116_000)),
        ),
        ("lists", in_tuple(&b"]Na".repeat(99_999))),
        ("empty lists", in_tuple(&b"]".repeat(199_999))),
        ("tuples", in_tuple(&b"N\x85".repeat(99_999))),
        ("dictionaries", in_tuple(&b"}K\x01Ns".repeat(66_000))),
        ("keys", {
            let keys =
                (0..99_990_u32).flat_map(|key| [&b"J"[..], &key.to_le_bytes(), b"N"].concat());
            [b"(".to_vec(), keys.collect(), b"d.".to_vec()].concat()
        }),
        ("members", {
            let members = (0..199_990_u32).flat_map(|key| [&b"J"[..], &key.to_le_bytes()].concat());
            [b"(".to_vec(), members.collect(), b"\x91.".to_vec()].concat()
        }),
        (
            "memo",
            [b"N".to_vec(), b"\x94".repeat(1_000_000), b".".to_vec()].concat(),
        ),
        ("memo and lists", in_tuple(&b"]\x94\x94".repeat(199_999))),
        (
            "memo, values popped",
            [b"]\x940".repeat(340_000), b"N.".to_vec()].concat(),
        ),
        (
            "lists that move",
            [b"]q\x00]q\x01".to_vec(), b"h\x00Na0h\x01Na0".repeat(99_000)].concat(),
        ),
        ("sets of protocol 2", {
            let sets = b"h\x00]N\x85q\x01R".repeat(60_000);
            [b"c__builtin__\nset\nq\x000(".to_vec(), sets, b"t.".to_vec()].concat()
        }),
        ("escaped text", twice(text(b'X', 0, megabyte))),
        ("quotes", twice(text(b'X', b'\'', megabyte))),
        ("bytes", twice(text(b'B', 0, megabyte))),
        (
            "latin-1",
            [b"V".to_vec(), vec![0xff; 1_000_000], b"\n.".to_vec()].concat(),
        ),
        (
            "bytes made anew by calls",
            [
                b"c_codecs\nencode\nq\x00".to_vec(),
                text(b'X', b'x', 500_000),
                b"q\x01X\x06\0\0\0latin1q\x02".to_vec(),
                b"h\x00h\x01h\x02\x86R0".repeat(50_000),
            ]
            .concat(),
        ),
        ("unfinished text", text(b'X', b'x', megabyte)),
        (
            "long integers",
            in_tuple(
                &[&b"\x8b\xd4\x30\x00\x00"[..], &[0x7e; 12_500]]
                    .concat()
                    .repeat(60),
            ),
        ),
    ];
    for (name, pickle) in worst {
        let peak = peak(&pickle);
        assert!(
            peak < 16 << 20,
            "{name}: {} KiB for {} bytes",
            peak >> 10,
            pickle.len()
        );
    }
}
