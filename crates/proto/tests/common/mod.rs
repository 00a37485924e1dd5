//! What the tests of all formats share: cutting octets and damaging them.

use proptest::prelude::*;
use proptest::sample::Index;

/// The ways to cut `octets` that must make no difference (G-5): whole, in two at every place, and
/// one by one.
pub(crate) fn cuts(octets: &[u8]) -> impl Iterator<Item = Vec<&[u8]>> {
    let in_two = (0..=octets.len()).map(|at| {
        let (head, tail) = octets.split_at(at);
        vec![head, tail]
    });
    [vec![octets], octets.chunks(1).collect()]
        .into_iter()
        .chain(in_two)
}

/// `octets` with each one changed to every other value in turn.
pub(crate) fn damaged(octets: &[u8]) -> impl Iterator<Item = Vec<u8>> {
    (0..octets.len()).flat_map(move |at| {
        (1..=u8::MAX).map(move |change| {
            let mut damaged = octets.to_vec();
            damaged[at] ^= change;
            damaged
        })
    })
}

/// Places at which [`pieces`] cuts.
pub(crate) fn any_places() -> impl Strategy<Value = Vec<Index>> {
    prop::collection::vec(any::<Index>(), 0..8)
}

/// `octets` cut at these places.
pub(crate) fn pieces<'a>(octets: &'a [u8], places: &[Index]) -> Vec<&'a [u8]> {
    let mut places: Vec<usize> = places
        .iter()
        .map(|place| place.index(octets.len() + 1))
        .collect();
    places.sort_unstable();
    let starts = [0].into_iter().chain(places.iter().copied());
    let ends = places.iter().copied().chain([octets.len()]);
    starts
        .zip(ends)
        .map(|(start, end)| &octets[start..end])
        .collect()
}
