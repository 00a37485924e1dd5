//! Pickles of somebody who means harm (P-8).

use fastrand::Rng;

/// What is short.
const SHORT: [&[u8]; 8] = [
    // Asks to call something.
    b"cos\nsystem\n(Vexit\ntR.",
    b"\x80\x04\x8c\x05posix\x8c\x06system\x93\x8c\x04exit\x85R.",
    // Asks for 1 GB.
    b"cbuiltins\nbytearray\nJ\x00\xca\x9a\x3b\x85R.",
    // Contains itself.
    b"]q\0h\0a.",
    // Announces 4 GiB, and 8 EiB.
    b"X\xff\xff\xff\xffx",
    b"\x80\x04\x8e\xff\xff\xff\xff\xff\xff\xff\x7fx",
    // Takes from an empty stack, and from an empty memo.
    b"a.",
    b"h\0.",
];

/// How deep lists are nested, and how often what was built is doubled.
const LEVELS: usize = 200_000;
const DOUBLINGS: u8 = 60;

/// One of all, drawn.
pub(super) fn draw(rng: &mut Rng) -> Vec<u8> {
    match rng.u8(0..12) {
        0 => nested(),
        1 => doubled(b"]", b"\x86"),
        2 => doubled(b"X\x01\0\0\0x", b"\x86"),
        3 => repeated_text(),
        4 => long_integer(),
        5 => long_text(),
        _ => rng.choice(SHORT).map(<[u8]>::to_vec).unwrap_or_default(),
    }
}

/// A list in a list, and so on.
fn nested() -> Vec<u8> {
    [vec![b']'; LEVELS], vec![b'a'; LEVELS - 1], vec![b'.']].concat()
}

/// A pair of the same pair twice, and so on: a few hundred bytes stand for 2⁶⁰ values.
fn doubled(first: &[u8], pair: &[u8]) -> Vec<u8> {
    let mut pickle = [first, b"q\0"].concat();
    for place in 0..DOUBLINGS {
        pickle.extend_from_slice(&[b'h', place, b'h', place]);
        pickle.extend_from_slice(pair);
        pickle.extend_from_slice(&[b'q', place + 1]);
    }
    pickle.push(b'.');
    pickle
}

/// A text of 100 KB, ten thousand times.
fn repeated_text() -> Vec<u8> {
    let text = vec![b'x'; 100_000];
    let mut pickle = vec![b'X'];
    pickle.extend_from_slice(&100_000_u32.to_le_bytes());
    pickle.extend_from_slice(&text);
    pickle.extend_from_slice(b"q\0](");
    pickle.extend(b"h\0".repeat(10_000));
    pickle.extend_from_slice(b"e.");
    pickle
}

/// An integer of 160,000 bits.
fn long_integer() -> Vec<u8> {
    [b"\x8b\x20\x4e\0\0".as_slice(), &[0x7f; 20_000], b"."].concat()
}

/// An object of more than 1 MiB.
fn long_text() -> Vec<u8> {
    [b"X\0\0\x10\0".as_slice(), &vec![b'x'; 1 << 20], b"."].concat()
}

#[cfg(test)]
mod tests {
    use proto::pickle::Decoder;

    use super::*;

    #[test]
    fn none_of_them_is_an_object() {
        let pickles = [
            nested(),
            doubled(b"]", b"\x86"),
            doubled(b"X\x01\0\0\0x", b"\x86"),
            repeated_text(),
            long_integer(),
            long_text(),
        ];
        for pickle in SHORT.map(<[u8]>::to_vec).into_iter().chain(pickles) {
            let decoded = Decoder::new().next(&mut &pickle[..]);
            assert!(!matches!(decoded, Ok(Some(_))), "{:?}", pickle.get(..20));
        }
    }
}
