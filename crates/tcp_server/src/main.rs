//! See the library of this crate.

fn main() {}
