//! The server's side of one connection, without its socket: bytes in, bytes out.

use std::collections::TryReserveError;

use proto::action::transform::{TransformError, Transformed, begin, transform_rest};
use proto::action::{Action, ERROR_MESSAGE, RequestHeader};

use crate::buffer::Buffer;

/// Turns the requests of one client into responses.
///
/// Bytes are received into [`Session::room`], [`Session::answer`] carries out every request that
/// is complete, and [`Session::output`] is to be sent, as much as is taken.
#[derive(Debug, Default)]
pub(crate) struct Session {
    buffer: Buffer,
    /// How many bytes are still to come of a request that is answered already; they are dropped.
    unwanted: usize,
    /// How many bytes of the request that is arriving need not be looked at again.
    begun: usize,
    rng: fastrand::Rng,
}

impl Session {
    /// A vector to append received bytes to, within its spare capacity.
    ///
    /// # Errors
    /// The system has no memory for it.
    pub(crate) fn room(&mut self) -> Result<&mut Vec<u8>, TryReserveError> {
        let whole = self
            .begun()
            .map_or(0, |header| RequestHeader::LEN + header.length() as usize);
        self.buffer.room(whole)
    }

    /// How much memory the session takes, and will take when the request that has begun to arrive
    /// is answered, in bytes.
    ///
    /// A response may be longer than its request, and is made beside it. Five times the request is
    /// enough but for rare texts: nine times is the worst, four times as many code points by
    /// `random`.
    pub(crate) fn memory(&mut self) -> usize {
        let whole = match self.begun() {
            Some(header) if header.action() == Action::Reverse => header.length() as usize,
            Some(header) => 5 * header.length() as usize,
            None => 0,
        };
        self.buffer.memory_with(whole)
    }

    /// The header of the request that has begun to arrive, if its data is kept.
    pub(crate) fn begun(&mut self) -> Option<RequestHeader> {
        let header = RequestHeader::parse(*self.buffer.input().first_chunk()?);
        (!matches!(header.action(), Action::Reserved(_))).then_some(header)
    }

    /// The responses that wait to be sent.
    pub(crate) fn output(&self) -> &[u8] {
        self.buffer.output()
    }

    /// Counts bytes of the output as sent.
    pub(crate) fn sent(&mut self, count: usize) {
        self.buffer.sent(count);
    }

    /// Whether nothing is under way, but a large request has left its memory behind.
    pub(crate) fn is_idle_and_large(&self) -> bool {
        self.buffer.is_idle_and_large()
    }

    /// Gives the memory of an idle session back.
    pub(crate) fn shrink(&mut self) {
        self.buffer.shrink();
    }

    /// Answers every request that is complete, in their order (T-4), and tells `log` of each.
    ///
    /// # Errors
    /// The system has no memory for a response.
    pub(crate) fn answer(
        &mut self,
        log: impl Fn(RequestHeader, Result<(), TransformError>),
    ) -> Result<(), TryReserveError> {
        self.unwanted -= self.buffer.drop_input(self.unwanted);
        while let Some((header, rest)) = self.buffer.input().split_first_chunk_mut() {
            let header = RequestHeader::parse(*header);
            let length = header.length() as usize;
            // Nothing can be done with the data of a reserved action (T-5), so it is not kept.
            if let Action::Reserved(code) = header.action() {
                log(header, Err(TransformError::Reserved { code }));
                self.buffer.respond(RequestHeader::LEN, ERROR_MESSAGE)?;
                self.unwanted = length - self.buffer.drop_input(length);
                continue;
            }
            let Some(data) = rest.get_mut(..length) else {
                self.begun += begin(header.action(), &mut rest[self.begun..]);
                break;
            };
            let begun = std::mem::take(&mut self.begun);
            let result = transform_rest(header.action(), data, begun, &mut self.rng);
            log(header, result.as_ref().map(|_| ()).map_err(|error| *error));
            let whole = RequestHeader::LEN + length;
            match result {
                Ok(Transformed::InPlace) => self.buffer.respond_in_place(header.length()),
                Ok(Transformed::Replaced(text)) => {
                    let responded = self.buffer.respond(whole, text.as_bytes());
                    give_back(text);
                    responded?;
                }
                Err(_) => self.buffer.respond(whole, ERROR_MESSAGE)?,
            }
        }
        Ok(())
    }

    /// The client has closed its sending side. Inside a request that is malformed (T-6): `error` is
    /// added to the output, unless the request was answered with it already. Returns whether it was
    /// inside a request.
    ///
    /// # Errors
    /// The system has no memory for a response.
    pub(crate) fn end_of_input(&mut self) -> Result<bool, TryReserveError> {
        let begun = self.buffer.input().len();
        if begun > 0 {
            self.buffer.respond(begun, ERROR_MESSAGE)?;
        }
        Ok(begun > 0 || self.unwanted > 0)
    }
}

/// Frees a text, but shrinks it first, for the reason given in [`Buffer::shrink`].
fn give_back(mut text: String) {
    text.clear();
    text.shrink_to(1);
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use proptest::prelude::*;
    use proto::action::transform::transform;

    use super::*;
    use crate::buffer::IDLE_CAPACITY;

    const SEED: u64 = 8083;

    impl Session {
        fn new() -> Self {
            let rng = fastrand::Rng::with_seed(SEED);
            Self {
                rng,
                ..Self::default()
            }
        }

        fn receive(&mut self, bytes: &[u8]) {
            self.room().unwrap().extend_from_slice(bytes);
            self.answer(|_, _| {}).unwrap();
        }

        /// Sends at most `limit` bytes.
        fn send(&mut self, limit: usize) -> Vec<u8> {
            let output = self.output();
            let taken = output[..limit.min(output.len())].to_vec();
            self.sent(taken.len());
            taken
        }
    }

    fn answered(bytes: &[u8]) -> Vec<u8> {
        let mut session = Session::new();
        session.receive(bytes);
        session.send(usize::MAX)
    }

    fn request(code: u8, data: &[u8]) -> Vec<u8> {
        let word = u32::from(code) << 27 | u32::try_from(data.len()).unwrap();
        [&word.to_be_bytes(), data].concat()
    }

    fn response(data: &[u8]) -> Vec<u8> {
        [&u32::try_from(data.len()).unwrap().to_be_bytes(), data].concat()
    }

    #[test]
    fn t_1_t_2_the_example_of_the_assignment() {
        let response = answered(b"\x40\x00\x00\x0bHello World");
        assert_eq!(response[..4], [0, 0, 0, 11]);
        let mut sorted = response[4..].to_vec();
        sorted.sort_unstable();
        assert_eq!(sorted, b" HWdellloor");
    }

    #[test]
    fn t_4_pipelined_requests_are_answered_in_order_with_one_piece() {
        let requests = [
            request(0x01, b"first"),
            request(0x04, "zweite ß".as_bytes()),
            request(0x01, "straße".as_bytes()),
            request(0x02, b""),
            request(0x02, b"LAST"),
        ];
        let responses = [
            response(b"FIRST"),
            response("ß etiewz".as_bytes()),
            response(b"STRASSE"),
            response(b""),
            response(b"last"),
        ];
        assert_eq!(answered(&requests.concat()), responses.concat());
    }

    #[test]
    fn t_5_reserved_action_keeps_the_stream_in_step() {
        let next = request(0x01, b"next");
        for code in (0..32).filter(|code| ![1, 2, 4, 8, 16].contains(code)) {
            for data in [&b""[..], b"x", b"\x08\0\0\x03abc", &[0xff; 1000]] {
                let stream = [request(code, data), next.clone()].concat();
                assert_eq!(
                    answered(&stream),
                    [response(b"error"), response(b"NEXT")].concat()
                );
            }
        }
    }

    #[test]
    fn t_5_the_data_of_a_reserved_action_is_not_kept() {
        let mut session = Session::new();
        session.receive(&[0x1f, 0xff, 0xff, 0xff]);
        assert_eq!(session.send(usize::MAX), response(b"error"));
        let mut left = 0x07ff_ffff;
        while left > 0 {
            let count = left.min(IDLE_CAPACITY / 2);
            session.receive(&vec![0x08; count]);
            left -= count;
            assert_eq!(session.room().unwrap().capacity(), IDLE_CAPACITY);
        }
        assert_eq!(session.output(), b"");
        session.receive(&request(0x01, b"next"));
        assert_eq!(session.output(), response(b"NEXT"));
    }

    #[test]
    fn t_6_data_that_is_not_utf8_is_answered_with_error() {
        for data in [
            &b"\xff"[..],
            b"ok\xc3",
            b"\xed\xa0\x80",
            b"long enough \xf5 for a response",
        ] {
            for code in [1, 2, 4, 8, 16] {
                let stream = [request(code, data), request(0x02, b"NEXT")].concat();
                assert_eq!(
                    answered(&stream),
                    [response(b"error"), response(b"next")].concat()
                );
            }
        }
    }

    #[test]
    fn t_6_the_end_inside_a_request_is_answered_with_error_once() {
        for (bytes, output, inside) in [
            (&b""[..], &b""[..], false),
            (b"\x08\0\0\0", b"\0\0\0\0", false),
            (b"\x08", b"\0\0\0\x05error", true),
            (b"\x08\0\0", b"\0\0\0\x05error", true),
            (b"\x08\0\0\x05", b"\0\0\0\x05error", true),
            (b"\x08\0\0\x05Hell", b"\0\0\0\x05error", true),
            (
                b"\x08\0\0\x05HelloW",
                b"\0\0\0\x05HELLO\0\0\0\x05error",
                true,
            ),
            (b"\x18\0\0\x02x", b"\0\0\0\x05error", true),
            (b"\x18\0\0\x01x", b"\0\0\0\x05error", false),
        ] {
            let mut session = Session::new();
            session.receive(bytes);
            assert_eq!(session.end_of_input().unwrap(), inside, "{bytes:?}");
            assert_eq!(session.output(), output, "{bytes:?}");
        }
    }

    #[test]
    fn t_14_an_empty_message_is_valid() {
        for code in [1, 2, 4, 8, 16] {
            assert_eq!(answered(&request(code, b"")), response(b""));
        }
    }

    #[test]
    fn t_17_the_largest_request_lies_in_one_place_and_costs_nothing_before_it_comes() {
        let mut session = Session::new();
        session.receive(&request(0x01, b"")[..3]);
        session.receive(&[]);
        let mut session = Session::new();
        session.receive(&[0x0f, 0xff, 0xff, 0xff]);
        session.receive(b"only a little of it");
        assert_eq!(session.room().unwrap().capacity(), IDLE_CAPACITY);
        assert_eq!(session.output(), b"");
    }

    #[test]
    fn t_22_each_request_is_told_with_its_result() {
        let mut session = Session::new();
        let stream = [request(1, b"abc"), request(3, b"abc"), request(4, b"\xff")].concat();
        session.room().unwrap().extend_from_slice(&stream);
        let told = RefCell::new(Vec::new());
        session
            .answer(|header, result| {
                told.borrow_mut()
                    .push((header.action(), header.length(), result));
            })
            .unwrap();
        assert_eq!(
            told.into_inner(),
            [
                (Action::Uppercase, 3, Ok(())),
                (
                    Action::Reserved(3),
                    3,
                    Err(TransformError::Reserved { code: 3 })
                ),
                (Action::Reverse, 1, Err(TransformError::NotUtf8 { at: 0 })),
            ]
        );
    }

    fn any_data() -> impl Strategy<Value = Vec<u8>> {
        prop_oneof![
            "[ -~]{0,40}".prop_map(String::into_bytes),
            "\\PC{0,20}".prop_map(String::into_bytes),
            "[ßŉΐ]{0,100}".prop_map(String::into_bytes),
            proptest::collection::vec(any::<u8>(), 0..20),
        ]
    }

    fn any_code() -> impl Strategy<Value = u8> {
        prop_oneof![Just(1_u8), Just(2), Just(4), Just(8), Just(16), 0..32_u8]
    }

    /// What a session is to answer, made one request at a time.
    fn expected(requests: &[(u8, Vec<u8>)]) -> Vec<u8> {
        let mut rng = fastrand::Rng::with_seed(SEED);
        let mut answer = |code, data: &[u8]| {
            let mut data = data.to_vec();
            match transform(Action::from_code(code), &mut data, &mut rng) {
                Ok(Transformed::InPlace) => response(&data),
                Ok(Transformed::Replaced(text)) => response(text.as_bytes()),
                Err(_) => response(b"error"),
            }
        };
        requests
            .iter()
            .flat_map(|(code, data)| answer(*code, data))
            .collect()
    }

    proptest! {
        #[test]
        fn g_5_any_way_of_arriving_and_of_being_taken_gives_the_same_responses(
            requests in proptest::collection::vec((any_code(), any_data()), 0..40),
            steps in proptest::collection::vec((1..100_usize, 0..100_usize), 1..50),
        ) {
            let stream: Vec<u8> =
                requests.iter().flat_map(|(code, data)| request(*code, data)).collect();
            let mut session = Session::new();
            let mut output = Vec::new();
            let mut rest = stream.as_slice();
            for (arriving, taken) in steps.iter().cycle() {
                if rest.is_empty() {
                    break;
                }
                let (piece, later) = rest.split_at(rest.len().min(*arriving));
                rest = later;
                session.receive(piece);
                output.extend(session.send(*taken));
            }
            prop_assert!(!session.end_of_input().unwrap());
            output.extend(session.send(usize::MAX));
            prop_assert_eq!(output, expected(&requests));
        }
    }
}
