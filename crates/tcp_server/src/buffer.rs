//! The bytes of one connection, on their way in and out.

use std::collections::TryReserveError;

use proto::action::{RequestHeader, ResponseHeader};

/// The capacity of a new buffer, and of one whose client is silent (T-17). Memory costs nothing
/// until it is written to; a batch of 256 requests of 64 bytes fits.
pub(crate) const IDLE_CAPACITY: usize = 32 * 1024;

/// Room for the next read is at least this.
const LEAST_ROOM: usize = IDLE_CAPACITY / 2;

/// The length of a header, the same for requests and responses.
const HEADER: usize = RequestHeader::LEN;
const _: () = assert!(HEADER == ResponseHeader::LEN);

/// Requests become responses in place, since most have the same size:
///
/// ```text
///  0        sent            ready    input              length      capacity
///  +---------+---------------+--------+------------------+------------+
///  |  sent   |   responses   |  gap   |  requests        |    room    |
///  +---------+---------------+--------+------------------+------------+
/// ```
///
/// Shorter responses leave the gap, and longer ones open it. All waiting responses are contiguous,
/// for one write. The buffer grows by doubling what has arrived, whatever is announced (G-7).
#[derive(Debug, Default)]
pub(crate) struct Buffer {
    bytes: Vec<u8>,
    sent: usize,
    ready: usize,
    input: usize,
    /// The most bytes that it held since it was made or shrunk: so much memory was written to.
    touched: usize,
}

impl Buffer {
    /// The responses that wait to be sent.
    pub(crate) fn output(&self) -> &[u8] {
        &self.bytes[self.sent..self.ready]
    }

    /// Counts bytes of the output as sent.
    pub(crate) fn sent(&mut self, count: usize) {
        self.sent += count;
        debug_assert!(self.sent <= self.ready, "more was sent than waited");
    }

    /// What was received and neither answered nor dropped.
    pub(crate) fn input(&mut self) -> &mut [u8] {
        &mut self.bytes[self.input..]
    }

    /// Drops at most `count` bytes of the input, and returns how many.
    pub(crate) fn drop_input(&mut self, count: usize) -> usize {
        let dropped = count.min(self.bytes.len() - self.input);
        self.input += dropped;
        dropped
    }

    /// How much memory it takes when `more` bytes of input follow where the input begins.
    pub(crate) fn memory_with(&mut self, more: usize) -> usize {
        self.touched = self.touched.max(self.bytes.len());
        self.touched.max(self.input + more)
    }

    /// A vector to append received bytes to, within its spare capacity. The input is the beginning
    /// of a request of `whole` bytes, if that is not 0.
    ///
    /// # Errors
    /// The system has no memory for it.
    pub(crate) fn room(&mut self, whole: usize) -> Result<&mut Vec<u8>, TryReserveError> {
        if self.input == self.bytes.len() {
            self.bytes.truncate(self.ready);
            self.input = self.ready;
        }
        // Bytes that were sent are removed when no response waits, or when they are half as many as
        // the bytes to be moved then. So a byte moves a few times at most.
        let waiting = self.bytes.len() - self.sent;
        if self.sent == self.ready {
            (self.sent, self.ready) = (self.input, self.input);
            self.remove_sent();
        } else if self.sent >= waiting / 2 {
            self.remove_sent();
        }
        self.grow(whole.saturating_sub(self.bytes.len() - self.input))?;
        Ok(&mut self.bytes)
    }

    /// Makes room for more input. Where the `rest` of a request is large, there is no room behind
    /// it: what came with it of the next one would have to be moved.
    fn grow(&mut self, rest: usize) -> Result<(), TryReserveError> {
        let (length, capacity) = (self.bytes.len(), self.bytes.capacity());
        let room = capacity - length;
        let more = match length.max(LEAST_ROOM) {
            _ if capacity == 0 => IDLE_CAPACITY,
            _ if room >= LEAST_ROOM || (1..=room).contains(&rest) => return Ok(()),
            doubled if rest > LEAST_ROOM => doubled.min(rest),
            doubled => doubled,
        };
        self.bytes.try_reserve_exact(more)
    }

    fn remove_sent(&mut self) {
        self.bytes.drain(..self.sent);
        self.ready -= self.sent;
        self.input -= self.sent;
        self.sent = 0;
    }

    /// Whether it is empty, but has grown beyond [`IDLE_CAPACITY`].
    pub(crate) fn is_idle_and_large(&self) -> bool {
        self.sent == self.ready
            && self.input == self.bytes.len()
            && self.bytes.capacity() > IDLE_CAPACITY
    }

    /// Gives the memory of an idle buffer back.
    pub(crate) fn shrink(&mut self) {
        *self = Self {
            bytes: std::mem::take(&mut self.bytes),
            ..Self::default()
        };
        self.bytes.clear();
        // Made smaller and not freed: when the C library frees a large block, it raises the size
        // from which blocks go back to the system, and would keep the next one (mallopt(3)).
        self.bytes.shrink_to(IDLE_CAPACITY);
    }

    /// Makes the first request of the input its response. Its data, `length` bytes, has been
    /// transformed in place.
    pub(crate) fn respond_in_place(&mut self, length: u32) {
        let end = self.input + HEADER + length as usize;
        let header = ResponseHeader { length }.emit();
        self.bytes[self.input..self.input + HEADER].copy_from_slice(&header);
        if self.ready < self.input {
            self.bytes.copy_within(self.input..end, self.ready);
        }
        self.ready += end - self.input;
        self.input = end;
    }

    /// Replaces the first `consumed` bytes of the input with a response that has this data.
    ///
    /// # Errors
    /// The system has no memory for it.
    pub(crate) fn respond(&mut self, consumed: usize, data: &[u8]) -> Result<(), TryReserveError> {
        self.input += consumed;
        let end = self.ready + HEADER + data.len();
        self.open_gap(end.saturating_sub(self.input))?;
        let length = data.len() as u32;
        let (header, place) = self.bytes[self.ready..end].split_at_mut(HEADER);
        header.copy_from_slice(&ResponseHeader { length }.emit());
        place.copy_from_slice(data);
        self.ready = end;
        Ok(())
    }

    /// Moves the input back by `least` bytes and by its own length. So responses that are longer
    /// than their requests, however many, move no more bytes than they write.
    fn open_gap(&mut self, least: usize) -> Result<(), TryReserveError> {
        if least == 0 {
            return Ok(());
        }
        let length = self.bytes.len();
        let by = least + (length - self.input);
        self.bytes.try_reserve(by)?;
        self.bytes.resize(length + by, 0);
        self.bytes.copy_within(self.input..length, self.input + by);
        self.input += by;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn holding(input: &[u8]) -> Buffer {
        let mut buffer = Buffer::default();
        buffer.room(0).unwrap().extend_from_slice(input);
        buffer
    }

    #[test]
    fn t_17_a_response_of_the_same_size_does_not_move() {
        let mut buffer = holding(b"\x08\0\0\x02AB\x08\0\0\x01C");
        let place = buffer.input().as_ptr();
        buffer.respond_in_place(2);
        buffer.respond_in_place(1);
        assert_eq!(buffer.output(), b"\0\0\0\x02AB\0\0\0\x01C");
        assert_eq!(buffer.output().as_ptr(), place);
        assert_eq!(buffer.input(), b"");
    }

    #[test]
    fn responses_of_any_size_are_one_piece() {
        let mut buffer = holding(b"1234567890abcdefghij\x08\0\0\x02hi");
        buffer.respond(10, b"").unwrap();
        assert_eq!(buffer.output(), b"\0\0\0\0");
        buffer.respond(10, b"longer than what it replaces").unwrap();
        assert_eq!(buffer.input(), b"\x08\0\0\x02hi");
        buffer.respond_in_place(2);
        let output = b"\0\0\0\0\0\0\0\x1clonger than what it replaces\0\0\0\x02hi";
        assert_eq!(buffer.output(), output);
        buffer.sent(10);
        assert_eq!(buffer.output(), &output[10..]);
        buffer.sent(output.len() - 10);
        assert_eq!(buffer.output(), b"");
        assert_eq!(buffer.input(), b"");
    }

    #[test]
    fn many_responses_longer_than_their_requests_seldom_move_what_follows() {
        const COUNT: usize = 100_000;
        let mut buffer = holding(&[0; HEADER * COUNT]);
        let mut moves = 0;
        for _ in 0..COUNT {
            let length = buffer.bytes.len();
            buffer.respond(HEADER, b"error").unwrap();
            moves += usize::from(buffer.bytes.len() > length);
        }
        assert_eq!(buffer.output(), b"\0\0\0\x05error".repeat(COUNT));
        assert!(moves < 40, "{moves}");
    }

    #[test]
    fn input_moves_to_the_front_when_nothing_waits_to_be_sent() {
        let mut buffer = holding(b"\x08\0\0\0rest");
        buffer.respond_in_place(0);
        buffer.room(0).unwrap();
        assert_eq!((buffer.output(), buffer.sent), (&b"\0\0\0\0"[..], 0));
        buffer.sent(4);
        let front = buffer.room(0).unwrap().as_ptr();
        assert_eq!(buffer.input(), b"rest");
        assert_eq!(buffer.input().as_ptr(), front);
    }

    #[test]
    fn t_18_what_was_sent_does_not_stay_for_long() {
        let mut buffer = holding(&[b'x'; IDLE_CAPACITY]);
        buffer.respond_in_place((IDLE_CAPACITY - HEADER) as u32);
        buffer.sent(IDLE_CAPACITY / 3);
        assert!(
            buffer.room(0).unwrap().len() > buffer.output().len(),
            "moved for too little"
        );
        buffer.sent(1);
        assert!(buffer.room(0).unwrap().spare_capacity_mut().len() >= LEAST_ROOM);
        assert_eq!(buffer.output().len(), IDLE_CAPACITY - IDLE_CAPACITY / 3 - 1);
        assert_eq!(buffer.bytes.len(), buffer.output().len());
    }

    #[test]
    fn t_17_an_idle_buffer_gives_its_memory_back() {
        let mut buffer = holding(b"abc");
        assert!(!buffer.is_idle_and_large(), "not idle");
        buffer.drop_input(3);
        assert!(!buffer.is_idle_and_large(), "not large");
        buffer.room(0).unwrap().reserve(1 << 20);
        assert!(buffer.is_idle_and_large());
        buffer.respond(0, b"").unwrap();
        assert!(!buffer.is_idle_and_large(), "output waits");
        buffer.sent(HEADER);
        buffer.shrink();
        assert!(!buffer.is_idle_and_large());
        assert_eq!(
            (buffer.output(), buffer.bytes.capacity()),
            (&b""[..], IDLE_CAPACITY)
        );
    }

    #[test]
    fn t_17_a_large_request_takes_its_own_size_and_the_next_one_lies_in_its_place() {
        const WHOLE: usize = HEADER + 1_000_000;
        let mut buffer = Buffer::default();
        for _ in 0..3 {
            let mut arrived = 0;
            while arrived < WHOLE {
                let whole = if arrived == 0 { 0 } else { WHOLE };
                let room = buffer.room(whole).unwrap();
                let spare = room.capacity() - room.len();
                assert!((1..=WHOLE - arrived).contains(&spare), "{arrived} {spare}");
                room.resize(room.len() + spare, 0);
                arrived += spare;
            }
            buffer.respond_in_place((WHOLE - HEADER) as u32);
            buffer.sent(WHOLE);
            assert_eq!(buffer.bytes.capacity(), WHOLE);
        }
    }

    #[test]
    fn g_7_room_grows_with_what_has_arrived() {
        let mut buffer = Buffer::default();
        let mut arrived = 0;
        while arrived < 1 << 20 {
            let room = buffer.room(0).unwrap();
            let spare = room.spare_capacity_mut().len();
            assert!((LEAST_ROOM..=arrived.max(IDLE_CAPACITY) + LEAST_ROOM).contains(&spare));
            room.resize(room.len() + spare, 0);
            arrived += spare;
        }
    }
}
