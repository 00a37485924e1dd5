//! Hostile pickles, for the server and for its client. All are small enough to do little harm to a
//! program that accepts them.

use std::path::Path;

use crate::{Outcome, Problem};

/// Calls `bytearray(20000000)`.
pub(super) const BYTEARRAY: &[u8] = b"cbuiltins\nbytearray\nJ\x00\x2d\x31\x01\x85R.";

/// A list whose only member is itself.
pub(super) const RECURSIVE: &[u8] = b"]q\0h\0a.";

/// The beginnings of texts and bytes of 4 GiB and of 8 EiB.
pub(super) const ANNOUNCED: [&[u8]; 3] = [
    b"X\xff\xff\xff\xffx",
    b"B\xff\xff\xff\xffx",
    b"\x80\x04\x8e\xff\xff\xff\xff\xff\xff\xff\x7fx",
];

/// A list in 200,000 lists.
pub(super) fn nested() -> Vec<u8> {
    const LEVELS: usize = 200_000;
    [vec![b']'; LEVELS], vec![b'a'; LEVELS - 1], vec![b'.']].concat()
}

/// A pair of the same pair twice, and so on: 18 levels stand for 2 ** 18 lists.
pub(super) fn repeated() -> Vec<u8> {
    const LEVELS: u8 = 18;
    let pairs = (0..LEVELS).flat_map(|place| [b'h', place, b'h', place, b'\x86', b'q', place + 1]);
    [b"]q\0".to_vec(), pairs.collect(), b".".to_vec()].concat()
}

/// An integer of 160,000 bits.
pub(super) fn integer() -> Vec<u8> {
    [b"\x8b\x20\x4e\0\0", &[0x7f; 20_000][..], b"."].concat()
}

/// A text that makes the pickle a little longer than 1 MiB.
pub(super) fn large() -> Vec<u8> {
    [b"X\0\0\x10\0", &[b'x'; 1 << 20][..], b"."].concat()
}

/// Pickles that create an empty file with `open(PATH, "w")`, one for each way to name and to call a
/// function.
pub(super) fn calls(path: &Path) -> [Vec<u8>; 3] {
    let path = path.to_string_lossy();
    let length = (path.len() as u32).to_le_bytes();
    let stacked = [
        b"\x80\x04\x8c\x08builtins\x8c\x04open\x93X",
        &length[..],
        path.as_bytes(),
        b"\x8c\x01w\x86R.",
    ];
    [
        format!("cbuiltins\nopen\n(V{path}\nVw\ntR.").into_bytes(),
        format!("(V{path}\nVw\nibuiltins\nopen\n.").into_bytes(),
        stacked.concat(),
    ]
}

/// That the file is not there.
pub(super) fn was_not_called(path: &Path) -> Outcome {
    if !path.exists() {
        return Ok(());
    }
    Err(Problem::broken(
        "nothing that a pickle names is called",
        format!("open(\"{}\", \"w\") was", path.display()),
    ))
}
