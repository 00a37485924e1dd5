//! Cutting the input.

use std::hash::{DefaultHasher, Hasher};

/// Inputs up to this length are cut in two at every place.
const SHORT: usize = 24;

/// How many times longer ones are cut at random.
const RANDOM_CUTS: usize = 3;

/// Asserts that `outcome` is the same for the whole input, octet by octet, and however else it is
/// cut (G-5); returns it. The same input is always cut in the same way. Even of no octets there is
/// one piece: a connection is there before its first octet.
#[track_caller]
pub(super) fn assert_no_difference<T: PartialEq + std::fmt::Debug>(
    octets: &[u8],
    outcome: impl Fn(&[&[u8]]) -> T,
) -> T {
    let whole = outcome(&[octets]);
    let mut one_by_one = vec![&[][..]];
    one_by_one.extend(octets.chunks(1));
    assert_eq!(outcome(&one_by_one), whole, "octet by octet");
    if octets.len() <= SHORT {
        for at in 0..=octets.len() {
            let (head, tail) = octets.split_at(at);
            assert_eq!(outcome(&[head, tail]), whole, "cut at {at}");
        }
        return whole;
    }
    let mut hasher = DefaultHasher::new();
    hasher.write(octets);
    let mut rng = fastrand::Rng::with_seed(hasher.finish());
    for _ in 0..RANDOM_CUTS {
        let pieces = random_pieces(octets, &mut rng);
        let lengths: Vec<usize> = pieces.iter().map(|piece| piece.len()).collect();
        assert_eq!(outcome(&pieces), whole, "pieces of {lengths:?}");
    }
    whole
}

/// Pieces of 0 to 15 octets, or of up to the whole rest.
fn random_pieces<'a>(octets: &'a [u8], rng: &mut fastrand::Rng) -> Vec<&'a [u8]> {
    let mut pieces = Vec::new();
    let mut rest = octets;
    while !rest.is_empty() {
        let limit = if rng.u8(..4) == 0 { rest.len() } else { 15 };
        let (piece, after) = rest.split_at(rng.usize(..=limit).min(rest.len()));
        pieces.push(piece);
        rest = after;
    }
    pieces
}
