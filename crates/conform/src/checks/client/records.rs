//! Records.

use harness::Input;

use super::command_line::creates;
use super::{ALICE, arguments};
use crate::checks::messages::{SAME_IN_EITHER_ORDER, create, letters, name, read, text, wide};
use crate::{Check, Outcome, Trial};

pub(super) const CHECKS: &[Check] = &[
    Check::must(
        "C-1",
        "a read request is as the record format says",
        "3.3.1: MagicNo 0xAE73, ID 1, NameLen, ReceiverLen 0 and MessageLen 0, then the user's \
         name",
        |trial| {
            let name = name(trial);
            asks_for(trial, &name)
        },
    ),
    Check::must(
        "C-1/2",
        "a create request is as the record format says",
        "3.3.1: MagicNo 0xAE73, ID 2, NameLen, ReceiverLen and MessageLen, then the user's name, \
         the receiver's name and the message",
        |trial| {
            let (receiver, text) = (name(trial), letters(trial, SAME_IN_EITHER_ORDER));
            creates(trial, &[&receiver, &text], &create(ALICE, &receiver, &text))
        },
    ),
    Check::must(
        "C-1/3",
        "MessageLen has two bytes in network byte order",
        "3.3.1: MessageLen is a 2-byte field in network byte order",
        |trial| {
            let (receiver, text) = (name(trial), text(trial));
            creates(trial, &[&receiver, &text], &create(ALICE, &receiver, &text))
        },
    )
    .needs(&["C-1/2"]),
    Check::must(
        "C-1/4",
        "the user's name is sent in UTF-8, and NameLen counts its bytes",
        "3.6: the value of n, the length in bytes, should be filled into the length field",
        |trial| {
            let name = format!("{} {}", wide(trial, 5), name(trial));
            asks_for(trial, &name)
        },
    )
    .needs(&["C-1"]),
    Check::must(
        "C-1/5",
        "receiver and message are sent in UTF-8, and the lengths count their bytes",
        "3.6: the value of n, the length in bytes, should be filled into the length field",
        |trial| {
            let (receiver, text) = (wide(trial, 10), wide(trial, 20));
            creates(trial, &[&receiver, &text], &create(ALICE, &receiver, &text))
        },
    )
    .needs(REQUESTS),
];

/// What every check rests on that looks at a create request.
pub(super) const REQUESTS: &[&str] = &["C-1/2", "C-1/3"];

/// Sees that the client asks for the messages of this user.
pub(super) fn asks_for(trial: &mut Trial<'_>, name: &str) -> Outcome {
    let listener = trial.listen()?;
    trial.start(&arguments(listener.port(), name, "read"), Input::Pipe)?;
    trial.accept(&listener)?.expect_bytes(&read(name))
}
