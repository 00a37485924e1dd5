//! The mistakes that people make.

use crate::Cause;

pub(super) const CAUSES: &[Cause] = &[
    Cause::new(
        "one recv is taken for one whole request",
        &["G-5", "T-17"],
        "recv returns what has arrived, which may be a part of a request or several. Call it in a \
         loop until the 4 bytes of the header are there, and again until the data are.",
    )
    .may_break(&[
        "T-2", "T-4", "T-5/2", "T-5/3", "T-6", "T-7", "T-8/2", "T-8/3", "T-17/2", "T-18", "T-19/4",
        "T-22", "G-4/2", "G-7",
    ])
    .page("https://docs.python.org/3/howto/sockets.html#using-a-socket"),
    Cause::new(
        "one send is taken to send everything",
        &["T-17"],
        "send returns how many bytes were taken, which may be fewer than it was given. Use \
         sendall, or send the rest in a loop.",
    )
    .leaves(&["G-5"])
    .may_break(&["T-8/3", "T-17/2", "T-18", "T-19/4"])
    .page("https://docs.python.org/3/library/socket.html#socket.socket.sendall"),
    Cause::new(
        "the length of the response is little-endian",
        &["T-1"],
        "Numbers on the network have their highest byte first. Pack the length with the format \
         \"!I\", or with to_bytes(4, \"big\").",
    )
    .shows(&["little-endian"])
    .may_break(&["T-8/4"])
    .page("https://docs.python.org/3/library/struct.html#byte-order-size-and-alignment"),
    Cause::new(
        "the response has no length in front",
        &["T-1"],
        "A response begins with 4 bytes that say how many bytes of data follow. Send them before \
         the data, in the same call.",
    )
    .shows(&["without its length"])
    .may_break(&["T-8/4"])
    .page("https://docs.python.org/3/library/struct.html"),
    Cause::new(
        "no response before the client ends its sending side",
        &["T-1"],
        "The client keeps its connection open for more requests, so recv does not return the empty \
         bytes that mean its end. Read as many bytes as the header announces, and answer.",
    )
    .leaves(&["T-8/4"])
    .page("https://docs.python.org/3/howto/sockets.html#using-a-socket"),
    Cause::new(
        "the connection is closed behind the first response",
        &["T-4"],
        "A client sends any number of requests on one connection. Read the next request in a loop, \
         and close when recv returns nothing.",
    )
    .leaves(&["T-1", "G-5"])
    .may_break(&["T-21/3"]),
    Cause::new(
        "the length counts characters instead of bytes",
        &["T-10/2"],
        "Characters outside ASCII have several bytes in UTF-8. Encode the text first, and take the \
         length of the bytes.",
    )
    .shows(&["in characters instead of bytes"])
    .may_break(&["T-9/2", "T-11/4", "T-12/4"])
    .page("https://docs.python.org/3/library/stdtypes.html#str.encode"),
    Cause::new(
        "bytes are transformed where characters are meant",
        &["T-10/2", "T-11/4"],
        "A character outside ASCII has several bytes, which must stay together in their order. \
         Decode the message as UTF-8, transform the text, and encode the result.",
    )
    .may_break(&["T-6", "T-9/2", "T-12/4"])
    .page("https://docs.python.org/3/howto/unicode.html"),
    Cause::new(
        "SO_REUSEADDR is not set",
        &["T-15"],
        "The system keeps the port for a minute after a connection, and bind fails. Set the option \
         SO_REUSEADDR on the listening socket, before bind.",
    )
    .may_break(&["G-9"])
    .page("https://docs.python.org/3/library/socket.html#example"),
    Cause::new(
        "SIGINT is not caught",
        &["T-19"],
        "The signal ends the process before it can close anything. Catch KeyboardInterrupt, or \
         install a handler for SIGINT, then close the sockets and end.",
    )
    .shows(&["ended with signal 2"])
    .may_break(&["T-19/3", "G-4"])
    .page("https://docs.python.org/3/library/exceptions.html#KeyboardInterrupt"),
    Cause::new(
        "SIGINT is swallowed",
        &["T-19"],
        "An except without a name catches KeyboardInterrupt too, and a handler that returns lets \
         accept go on. Catch only the errors that you expect, and leave the loop on the signal.",
    )
    .shows(&["nothing of it"])
    .may_break(&["T-19/3", "G-4"])
    .page("https://docs.python.org/3/library/exceptions.html#exception-hierarchy"),
    Cause::new(
        "only one client is ever accepted",
        &["T-16"],
        "When a client has left, the next one waits to be accepted. Call accept in a loop that \
         ends only with the server.",
    )
    .leaves(&["T-1"])
    .may_break(&["T-8/4"])
    .page("https://docs.python.org/3/library/socket.html#socket.socket.accept"),
    Cause::new(
        "\"error\" has no length in front",
        &["T-5"],
        "The message \"error\" is a response like every other. Send its length of 5 as 4 bytes \
         before it.",
    )
    .shows(&["5 bytes \"error\""]),
    Cause::new(
        "an unexpected action is not answered",
        &["T-5"],
        "A client may send any of the 32 numbers. Answer those that are no action with \"error\", \
         and catch the exception of a look-up that finds nothing.",
    )
    .shows(&[
        "the other end closed",
        "the connection was reset",
        "nothing happened",
    ])
    .may_break(&["T-5/2", "T-5/3", "G-4/2"])
    .page("https://docs.python.org/3/library/stdtypes.html#dict.get"),
    Cause::new(
        "the connection is closed behind \"error\"",
        &["T-5/2"],
        "The assignment does not forbid it, but the requests behind the wrong one are lost. Read \
         the data that the length announces, answer \"error\", and go on.",
    )
    .shows(&["the other end closed", "the connection was reset"])
    .may_break(&["T-5/3", "T-6"]),
    Cause::new(
        "the data of an unexpected action is not read",
        &["T-5/2"],
        "What is left of a wrong request is taken for the next one. Read the data that its length \
         announces before you answer \"error\".",
    )
    .leaves(&["T-4", "T-5"])
    .may_break(&["T-5/3", "T-6"]),
    Cause::new(
        "the actions have other numbers",
        &["T-3"],
        "Each action is one bit: uppercase 0x01, lowercase 0x02, reverse 0x04, shuffle 0x08 and \
         random 0x10. Compare with these numbers, not with 1 to 5.",
    )
    .may_break(&["T-5", "T-5/4"]),
    Cause::new(
        "\"random\" may leave nothing",
        &["T-12/3"],
        "Of a short message every character may be dropped. Return the first character if nothing \
         is left.",
    ),
    Cause::new(
        "requests or clients are printed on standard output",
        &["T-21"],
        "Nothing is printed on standard output but the help. Print with file=sys.stderr, or use \
         logging, which does so.",
    )
    .page("https://docs.python.org/3/howto/logging.html"),
    Cause::new(
        "it logs without -v",
        &["T-21/4"],
        "Log messages are for those who ask for them with -v. Set the level of the log by that \
         option, and leave only errors without it.",
    )
    .page("https://docs.python.org/3/howto/logging.html#logging-basic-tutorial"),
    Cause::new(
        "errors are not printed on standard error",
        &["T-21/2"],
        "Whoever starts the server on a port in use must read why it ends. Print the error with \
         file=sys.stderr.",
    )
    .may_break(&["T-23/3"])
    .page("https://docs.python.org/3/library/sys.html#sys.stderr"),
    Cause::new(
        "the help is not printed on standard output",
        &["T-20"],
        "The help is the one text for standard output. Print the usage with its three options \
         there, and end.",
    )
    .shows(&["there is no --help"])
    .may_break(&["T-20/2", "G-3"])
    .page("https://docs.python.org/3/library/argparse.html"),
];
