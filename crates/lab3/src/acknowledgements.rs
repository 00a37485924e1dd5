//! What clients are sent for their objects (P-6). All acknowledgements are the same bytes, so that
//! those a client has not taken are only counted, not stored.

use proto::pickle::Plain;

use crate::session::MAX_ALLOC_MEM;

/// The text of an acknowledgement (P-6).
const TEXT: &str = "server got the data";

/// The most objects that one read can bring, since the shortest pickle has two bytes: one write
/// acknowledges them all.
const IN_A_ROW: usize = MAX_ALLOC_MEM / 2;

/// Acknowledgements one after another, made once for all clients.
pub(crate) struct Acknowledgements {
    row: Vec<u8>,
    /// The length of one of them.
    len: usize,
}

impl Acknowledgements {
    pub(crate) fn new() -> Self {
        let mut one = Vec::new();
        Plain::Str(TEXT).emit(&mut one);
        Self {
            row: one.repeat(IN_A_ROW),
            len: one.len(),
        }
    }

    /// For a client that has sent nothing yet.
    pub(crate) fn owed(&self) -> Owed<'_> {
        Owed {
            acknowledgements: self,
            bytes: 0,
        }
    }
}

/// The acknowledgements that one client has not been sent yet: any number, in no memory.
pub(crate) struct Owed<'a> {
    acknowledgements: &'a Acknowledgements,
    bytes: u64,
}

impl<'a> Owed<'a> {
    pub(crate) fn one_more(&mut self) {
        self.bytes = self.bytes.saturating_add(self.acknowledgements.len as u64);
    }

    /// The bytes to send next; empty when nothing is owed.
    pub(crate) fn next(&self) -> &'a [u8] {
        let Acknowledgements { row, len } = self.acknowledgements;
        // The last acknowledgement may have been sent in part.
        let missing = (self.bytes % *len as u64) as usize;
        let sent = if missing == 0 { 0 } else { len - missing };
        let rest = &row[sent..];
        let owed = usize::try_from(self.bytes).unwrap_or(usize::MAX);
        &rest[..rest.len().min(owed)]
    }

    /// So many bytes of [`Owed::next`] were sent.
    pub(crate) fn sent(&mut self, bytes: usize) {
        self.bytes -= bytes as u64;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: &[u8] = b"\x80\x02X\x13\x00\x00\x00server got the data.";

    /// What is sent when each write takes at most `most` bytes.
    fn sent_in_pieces(owed: &mut Owed<'_>, most: usize) -> Vec<u8> {
        let mut sent = Vec::new();
        while let next @ [_, ..] = owed.next() {
            let taken = next.len().min(most);
            sent.extend_from_slice(&next[..taken]);
            owed.sent(taken);
        }
        sent
    }

    #[test]
    fn p_6_each_object_is_owed_one_however_the_writes_are_cut() {
        let acknowledgements = Acknowledgements::new();
        let mut owed = acknowledgements.owed();
        assert_eq!(owed.next(), b"");
        for most in 1..100 {
            for count in [1, 2, 7] {
                (0..count).for_each(|_| owed.one_more());
                assert_eq!(sent_in_pieces(&mut owed, most), ONE.repeat(count));
            }
        }
    }

    #[test]
    fn p_6_what_comes_while_one_is_half_sent_follows_it() {
        let acknowledgements = Acknowledgements::new();
        let mut owed = acknowledgements.owed();
        owed.one_more();
        owed.sent(10);
        owed.one_more();
        assert_eq!(owed.next(), [&ONE[10..], ONE].concat());
    }

    #[test]
    fn g_5_the_objects_of_one_read_are_acknowledged_with_one_write() {
        let acknowledgements = Acknowledgements::new();
        let mut owed = acknowledgements.owed();
        (0..MAX_ALLOC_MEM / b"N.".len()).for_each(|_| owed.one_more());
        assert_eq!(owed.next(), ONE.repeat(MAX_ALLOC_MEM / 2));
    }

    #[test]
    fn g_7_a_million_owed_ones_take_no_memory() {
        let acknowledgements = Acknowledgements::new();
        let mut owed = acknowledgements.owed();
        (0..1_000_000).for_each(|_| owed.one_more());
        assert_eq!(owed.next().len(), acknowledgements.row.len());
        let sent = sent_in_pieces(&mut owed, usize::MAX);
        assert_eq!(sent.len(), 1_000_000 * ONE.len());
        assert!(sent.chunks(ONE.len()).all(|one| one == ONE));
    }
}
