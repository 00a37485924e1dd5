//! Records that are made to do harm, each sent on a connection of its own.

use std::io::Write as _;
use std::net::Shutdown;

use fastrand::Rng;

use super::{Target, attacks, pickles};
use crate::connect::reset;
use crate::subject::Subject;

/// For `tcp_server`: announced lengths of 128 MiB, reserved actions, what is no text.
const REQUESTS: [&[u8]; 6] = [
    b"\x0f\xff\xff\xff",
    b"\x47\xff\xff\xffa little of it",
    b"\xff\xff\xff\xffnever whole",
    b"\x18\0\0\x05abcde\0\0\0\0\x78\0\0\x01x",
    b"\x08\0\0\x04\xff\xfe\xfd\xfc\x10\0\0\x02\xc3\x28",
    b"\x87\xff\xff\xff\0\0\0\0",
];

/// For `server`: each breaks another rule of C-2 or C-8.
const MESSAGES: [&[u8]; 9] = [
    b"\xae\x74\x01\x01\0\0\0x",
    b"\xae\x73\x00\x01\0\0\0x",
    b"\xae\x73\x03\x01\0\0\0x",
    b"\xae\x73\x01\x00\0\0\0",
    b"\xae\x73\x01\x01\x01\0\0xx",
    b"\xae\x73\x01\x01\0\0\x01xx",
    b"\xae\x73\x02\x01\0\0\x01xx",
    b"\xae\x73\x02\x01\x01\0\x01xxx and more",
    b"\xae\x73\x02\xff\xff\xff\xffnever whole",
];

/// For `mathserver`: wrong answers, too short and too long ones.
const ANSWERS: [&[u8]; 4] = [
    b"\0\0\0",
    b"\xff\xff\xff\xff",
    b"\0\0\0\0\0\0\0\0",
    b"42\r\n",
];

/// Sends one, drawn from all, and leaves in either way.
pub(super) fn send_hostile_record(target: &Target<'_>, rng: &mut Rng) -> u64 {
    let Some(mut stream) = target.connect() else {
        return 0;
    };
    // The server may refuse it before it is whole.
    let _ = stream.write_all(&draw(target.subject, rng));
    if rng.u8(0..4) == 0 {
        reset(stream);
    } else {
        let _ = stream.shutdown(Shutdown::Write);
        attacks::take_all(stream);
    }
    1
}

fn draw(subject: Subject, rng: &mut Rng) -> Vec<u8> {
    let records: &[&[u8]] = match subject {
        Subject::TcpServer => &REQUESTS,
        Subject::Server => &MESSAGES,
        Subject::Mathserver | Subject::ServerS => &ANSWERS,
        Subject::Lab3 => return pickles::draw(rng),
    };
    rng.choice(records)
        .map(|record| record.to_vec())
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use proto::message::Request;

    use super::*;

    #[test]
    fn no_request_is_valid() {
        for record in MESSAGES {
            assert!(Request::parse(record).is_err(), "{record:?}");
        }
    }
}
