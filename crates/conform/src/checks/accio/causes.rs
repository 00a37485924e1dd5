//! The mistakes that people make in it, the commonest first.

use crate::Cause;

pub(super) const CAUSES: &[Cause] = &[
    Cause::new(
        "one recv is taken for one command",
        &["AC-1/2"],
        "TCP has no messages: recv may return a part of accio\\r\\n, or two of them. Collect bytes \
         until they are the whole command.",
    )
    .may_break(&["AC-2/9", "AC-2/11", "AC-2/12", "G-5/3"])
    .leaves(&["AC-1", "AC-1/3"])
    .page("https://docs.python.org/3/howto/sockets.html#using-a-socket"),
    Cause::new(
        "the second command is not awaited",
        &["AC-1/3"],
        "Wait for accio\\r\\n once more between the two confirmations. The file may follow only \
         after the second one.",
    )
    .may_break(&["AC-2/7", "AC-2/12", "AC-1/2"]),
    Cause::new(
        "the confirmations are other words",
        &["AC-1"],
        "Send exactly confirm-accio\\r\\n, and then confirm-accio-again\\r\\n\\r\\n: the second one \
         ends with an empty line.",
    )
    .may_break(&["G-5/3"])
    .shows(&["confirm"]),
    Cause::new(
        "the file is opened as text",
        &["AC-1/4"],
        "Open the file with mode \"rb\", and send the bytes that read returns. Neither decode nor \
         encode belongs into this program.",
    )
    .may_break(&["AC-1/5", "AC-1/6", "G-5/3"])
    .shows(&["UnicodeDecodeError", "codec can't"])
    .page("https://docs.python.org/3/library/functions.html#open"),
    Cause::new(
        "one send is taken to send all",
        &["AC-1/5"],
        "send returns how much it has taken, which may be less than it was given. Use sendall, or \
         send the rest again.",
    )
    .may_break(&["AC-2/8", "AC-2/10", "AC-3"])
    .leaves(&["AC-1/4"])
    .page("https://docs.python.org/3/library/socket.html#socket.socket.sendall"),
    Cause::new(
        "the whole file is read into memory",
        &["AC-3"],
        "Read and send a piece at a time, 10,000 bytes for one, until read returns b\"\".",
    ),
    Cause::new(
        "no time limit",
        &["AC-2/6", "AC-2/7"],
        "Call settimeout(10) on the socket before connect: it holds for connect, recv and send. \
         Report the timeout as an error.",
    )
    .may_break(&["AC-2/5", "AC-2/8", "AC-2/9"])
    .page("https://docs.python.org/3/library/socket.html#socket.socket.settimeout"),
    Cause::new(
        "an error ends with status 0",
        &["AC-2/3"],
        "End with sys.exit(1) after the message about an error: whoever started the program looks \
         at its status.",
    )
    .may_break(&[
        "AC-2", "AC-2/2", "AC-2/4", "AC-2/5", "AC-2/6", "AC-2/7", "AC-2/8", "AC-2/9", "AC-2/11",
        "AC-2/12", "AC-2/13", "AC-2/14", "G-8",
    ])
    .shows(&["ended with status 0"]),
    Cause::new(
        "an error ends in a traceback",
        &["AC-2/3"],
        "Catch OSError and ValueError around the whole program, and write a line that starts with \
         ERROR: to standard error. Then end with a status that is not 0.",
    )
    .may_break(&[
        "AC-2", "AC-2/2", "AC-2/4", "AC-2/5", "AC-2/6", "AC-2/7", "AC-2/8", "AC-2/9", "AC-2/11",
        "AC-2/12", "AC-2/13", "AC-2/14",
    ])
    .shows(&["Traceback"])
    .page("https://docs.python.org/3/tutorial/errors.html#handling-exceptions"),
];
