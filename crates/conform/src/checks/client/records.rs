//! Records.

use harness::Input;

use super::command_line::{creates, creates_from};
use super::{arguments, start_reading};
use crate::Check;

pub(super) const CHECKS: &[Check] = &[
    Check::must(
        "C-1",
        "a read request, byte by byte as the record format says",
        "3.3.1: MagicNo 0xAE73, ID 1, NameLen, ReceiverLen 0 and MessageLen 0, then the user's \
         name",
        |trial| {
            let listener = trial.listen()?;
            let mut server = start_reading(trial, &listener)?;
            server.send(b"\xae\x73\x03\0\0")?;
            // The client may leave first, or when the server does.
            let _ = server.shutdown_write();
            server.expect_gone()
        },
    ),
    Check::must(
        "C-1/2",
        "a create request, byte by byte as the record format says",
        "3.3.1: MagicNo 0xAE73, ID 2, NameLen, ReceiverLen and MessageLen, then the user's name, \
         the receiver's name and the message",
        |trial| {
            let listener = trial.listen()?;
            let request = b"\xae\x73\x02\x05\x03\x00\x05alicebobhello";
            creates(trial, &listener, b"bob\nhello\n", request).map(drop)
        },
    ),
    Check::must(
        "C-1/3",
        "MessageLen has two bytes in network byte order",
        "3.3.1: MessageLen is a 2-byte field in network byte order",
        |trial| {
            let text = "x".repeat(0x0102);
            creates_from(
                trial,
                format!("bob\n{text}\n").as_bytes(),
                b"bob",
                text.as_bytes(),
            )
        },
    ),
    Check::must(
        "C-1/4",
        "the user's name is sent in UTF-8, and NameLen counts its bytes",
        "3.6: the value of n, the length in bytes, should be filled into the length field",
        |trial| {
            let listener = trial.listen()?;
            let arguments = arguments(listener.port(), "Zoë van der Meer", "read");
            trial.start(&arguments, Input::Pipe)?;
            let request = "\x01\x11\0\0\0Zoë van der Meer";
            let mut server = trial.accept(&listener)?;
            server.expect(&[b"\xae\x73", request.as_bytes()].concat())
        },
    ),
    Check::must(
        "C-1/5",
        "receiver and message are sent in UTF-8, and the lengths count their bytes",
        "3.6: the value of n, the length in bytes, should be filled into the length field",
        |trial| {
            let (receiver, text) = ("Zoë Brontë", "Grüße, 漢字 😀");
            let lines = format!("{receiver}\n{text}\n");
            creates_from(
                trial,
                lines.as_bytes(),
                receiver.as_bytes(),
                text.as_bytes(),
            )
        },
    ),
];
