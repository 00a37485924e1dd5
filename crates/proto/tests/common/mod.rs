//! What the tests of all formats share: cutting bytes and damaging them.

use proptest::prelude::*;
use proptest::sample::Index;

/// The ways to cut `bytes` that must make no difference (G-5): whole, in two at every place, and
/// one by one.
pub(crate) fn cuts(bytes: &[u8]) -> impl Iterator<Item = Vec<&[u8]>> {
    let in_two = (0..=bytes.len()).map(|at| {
        let (head, tail) = bytes.split_at(at);
        vec![head, tail]
    });
    [vec![bytes], bytes.chunks(1).collect()]
        .into_iter()
        .chain(in_two)
}

/// `bytes` with each one changed to every other value in turn.
pub(crate) fn damaged(bytes: &[u8]) -> impl Iterator<Item = Vec<u8>> {
    (0..bytes.len()).flat_map(move |at| {
        (1..=u8::MAX).map(move |change| {
            let mut damaged = bytes.to_vec();
            damaged[at] ^= change;
            damaged
        })
    })
}

/// Places at which [`pieces`] cuts.
pub(crate) fn any_places() -> impl Strategy<Value = Vec<Index>> {
    prop::collection::vec(any::<Index>(), 0..8)
}

/// `bytes` cut at these places.
pub(crate) fn pieces<'a>(bytes: &'a [u8], places: &[Index]) -> Vec<&'a [u8]> {
    let mut places: Vec<usize> = places
        .iter()
        .map(|place| place.index(bytes.len() + 1))
        .collect();
    places.sort_unstable();
    let starts = [0].into_iter().chain(places.iter().copied());
    let ends = places.iter().copied().chain([bytes.len()]);
    starts
        .zip(ends)
        .map(|(start, end)| &bytes[start..end])
        .collect()
}
