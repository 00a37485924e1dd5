//! Cutting the input.

use std::hash::{DefaultHasher, Hasher};

/// Inputs up to this length are cut in two at every place.
const SHORT: usize = 24;

/// How many times longer ones are cut at random.
const RANDOM_CUTS: usize = 3;

/// Asserts that `outcome` is the same for the whole input, byte by byte, and however else it is
/// cut (G-5); returns it. The same input is always cut in the same way. Even of no bytes there is
/// one piece: a connection is there before its first byte.
#[track_caller]
pub(super) fn assert_no_difference<T: PartialEq + std::fmt::Debug>(
    bytes: &[u8],
    outcome: impl Fn(&[&[u8]]) -> T,
) -> T {
    let whole = outcome(&[bytes]);
    let mut one_by_one = vec![&[][..]];
    one_by_one.extend(bytes.chunks(1));
    assert_eq!(outcome(&one_by_one), whole, "byte by byte");
    if bytes.len() <= SHORT {
        for at in 0..=bytes.len() {
            let (head, tail) = bytes.split_at(at);
            assert_eq!(outcome(&[head, tail]), whole, "cut at {at}");
        }
        return whole;
    }
    let mut hasher = DefaultHasher::new();
    hasher.write(bytes);
    let mut rng = fastrand::Rng::with_seed(hasher.finish());
    for _ in 0..RANDOM_CUTS {
        let pieces = random_pieces(bytes, &mut rng);
        let lengths: Vec<usize> = pieces.iter().map(|piece| piece.len()).collect();
        assert_eq!(outcome(&pieces), whole, "pieces of {lengths:?}");
    }
    whole
}

/// Pieces of 0 to 15 bytes, or of up to the whole rest.
fn random_pieces<'a>(bytes: &'a [u8], rng: &mut fastrand::Rng) -> Vec<&'a [u8]> {
    let mut pieces = Vec::new();
    let mut rest = bytes;
    while !rest.is_empty() {
        let limit = if rng.u8(..4) == 0 { rest.len() } else { 15 };
        let (piece, after) = rest.split_at(rng.usize(..=limit).min(rest.len()));
        pieces.push(piece);
        rest = after;
    }
    pieces
}
