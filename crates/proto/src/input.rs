//! Taking bytes from a slice that shrinks, for the stream decoders.

/// Takes at most `limit` bytes from the front of `input`.
pub(crate) fn take<'a>(input: &mut &'a [u8], limit: usize) -> &'a [u8] {
    let (piece, rest) = input.split_at(limit.min(input.len()));
    *input = rest;
    piece
}

/// A fixed-size part that may arrive in pieces.
#[derive(Clone, Debug)]
pub(crate) struct Gather<const LEN: usize> {
    bytes: [u8; LEN],
    filled: usize,
}

impl<const LEN: usize> Default for Gather<LEN> {
    fn default() -> Self {
        Self {
            bytes: [0; LEN],
            filled: 0,
        }
    }
}

impl<const LEN: usize> Gather<LEN> {
    /// Takes what is missing. Returns the part once it is whole, and starts afresh.
    pub(crate) fn next(&mut self, input: &mut &[u8]) -> Option<[u8; LEN]> {
        let piece = take(input, self.missing());
        self.bytes[self.filled..][..piece.len()].copy_from_slice(piece);
        self.filled += piece.len();
        if self.filled < LEN {
            return None;
        }
        self.filled = 0;
        Some(self.bytes)
    }

    /// Whether no byte of the part has come.
    pub(crate) const fn is_empty(&self) -> bool {
        self.filled == 0
    }

    /// How many bytes have not come.
    pub(crate) const fn missing(&self) -> usize {
        LEN - self.filled
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_no_more_than_the_limit_and_no_more_than_there_is() {
        let mut input = &b"abc"[..];
        assert_eq!(take(&mut input, 2), b"ab");
        assert_eq!(take(&mut input, 2), b"c");
        assert_eq!(take(&mut input, 2), b"");
    }

    #[test]
    fn g_5_a_part_is_gathered_from_pieces_and_leaves_what_follows() {
        let mut gather = Gather::<3>::default();
        assert!(gather.is_empty());
        assert_eq!(gather.next(&mut &b"a"[..]), None);
        assert_eq!(gather.next(&mut &b""[..]), None);
        assert_eq!((gather.is_empty(), gather.missing()), (false, 2));
        let mut input = &b"bcdef"[..];
        assert_eq!(gather.next(&mut input), Some(*b"abc"));
        assert!(gather.is_empty());
        assert_eq!(gather.next(&mut input), Some(*b"def"));
        assert_eq!(input, b"");
    }
}
