//! The mistakes that people make in it, the commonest first.

use crate::Cause;

pub(super) const CAUSES: &[Cause] = &[
    Cause::new(
        "accio is sent only once",
        &["A-1/2"],
        "Send accio\\r\\n a second time when the first confirmation has come. Only then does the \
         client send its second confirmation, and its file after it.",
    )
    .may_break(&["A-5", "A-5/2", "A-6", "A-6/3", "G-5"])
    .leaves(&["A-1"]),
    Cause::new(
        "the server waits for the client to send first",
        &["A-1"],
        "Send accio\\r\\n as soon as accept has returned. The client sends nothing before it has \
         received that.",
    )
    .shows(&["nothing happened"]),
    Cause::new(
        "the header is counted too",
        &["A-3"],
        "Start to count behind the two confirmations: they are 15 and 23 bytes, and all that \
         follows is the file. Whatever recv returned behind the second one counts.",
    )
    .may_break(&["A-3/4", "A-4", "A-7/2", "A-3/2", "A-13/3"])
    .shows(&["the header is counted too"]),
    Cause::new(
        "words are printed around the number",
        &["A-3"],
        "Print the number alone on its line of standard output. What you want to know while you \
         test belongs on standard error.",
    )
    .may_break(&["A-3/3", "A-3/4", "A-4", "A-7/2", "A-3/2", "A-13/3", "A-17"])
    .shows(&["not alone on its line"]),
    Cause::new(
        "one recv is taken for one confirmation",
        &["A-5/2"],
        "TCP has no messages: recv returns what has come, a part of a confirmation or a part of \
         the file behind it. Collect bytes until the confirmation is complete, and count what came \
         after it.",
    )
    .may_break(&["A-5", "A-6/2", "A-6/3", "A-8/7", "G-5"])
    .leaves(&["A-1/2", "A-2", "A-3", "A-6"])
    .page("https://docs.python.org/3/howto/sockets.html#using-a-socket"),
    Cause::new(
        "a short recv is taken for the end of the file",
        &["A-8/3", "A-8/4", "A-1/3"],
        "recv returns fewer bytes than asked for whenever no more have come yet. The file ends \
         when recv returns b\"\", and only then.",
    )
    .may_break(&["A-7", "A-7/2", "A-7/3", "A-8/5", "A-8/6", "A-9", "A-9/2", "A-9/3"])
    .leaves(&["A-8"])
    .shows(&["ended after 0.0", "ended after 0.1", "ended after 0.2"])
    .page("https://docs.python.org/3/library/socket.html#socket.socket.recv"),
    Cause::new(
        "a short pause is taken for the end of the file",
        &["A-8/3", "A-8/4", "A-1/3"],
        "A timeout of recv is no end: it is an error, and only after 10 seconds. The file ends \
         when recv returns b\"\".",
    )
    .may_break(&["A-8/5", "A-8/6", "A-8/7", "A-9", "A-9/4", "A-13/2", "A-13/3", "A-17"])
    .leaves(&["A-7"]),
    Cause::new(
        "after 10 seconds of silence the number is printed",
        &["A-9"],
        "When recv times out, print ERROR in place of the number: the file is not complete. Only \
         recv that returns b\"\" is its end.",
    )
    .may_break(&["A-9/4"])
    .leaves(&["A-8/3"])
    .shows(&["\"5\\n\"", "ERROR instead of the number"]),
    Cause::new(
        "no time limit for a silent client",
        &["A-8", "A-8/2", "A-8/3"],
        "Call settimeout(10) on the socket that accept returned, or wait with select for at most \
         10 seconds. A timeout of the listening socket does not apply to it.",
    )
    .may_break(&["A-8/6", "A-8/7", "A-9", "A-9/4", "A-10"])
    .page("https://docs.python.org/3/library/socket.html#socket.socket.settimeout"),
    Cause::new(
        "the time limit begins with the file",
        &["A-8", "A-8/2"],
        "Set the time limit before the first accio is sent. The 10 seconds are for every recv, \
         those for the confirmations too.",
    )
    .may_break(&["A-8/7", "A-10"])
    .leaves(&["A-8/3"]),
    Cause::new(
        "10 seconds are the limit for the whole connection",
        &["A-8/4"],
        "Measure the 10 seconds from the last bytes that came. A slow client may take as long as it \
         wants, if it sends something now and then.",
    )
    .may_break(&["A-8/5"])
    .leaves(&["A-8", "A-8/3", "A-1/3"]),
    Cause::new(
        "an error ends the server",
        &["A-10"],
        "Catch the error of one client inside the loop that accepts, print ERROR, close the \
         connection and accept the next one.",
    )
    .may_break(&[
        "A-6", "A-6/2", "A-6/3", "A-9", "A-9/2", "A-9/3", "A-9/4", "A-10/2", "A-10/3", "A-10/4",
        "A-17",
    ])
    .leaves(&["A-8", "A-13"])
    .page("https://docs.python.org/3/tutorial/errors.html#handling-exceptions"),
    Cause::new(
        "only one client is served",
        &["A-13"],
        "Put accept and all that follows into a loop. Close the socket that accept returned, not \
         the one that listens.",
    )
    .may_break(&["A-10", "A-10/2", "A-10/3", "A-10/4", "A-13/2", "A-13/3"]),
    Cause::new(
        "the file is kept in memory",
        &["A-7/3"],
        "Add the length of what recv returned to a number, and forget the bytes. A list or a \
         bytes object of them grows with the file.",
    ),
    Cause::new(
        "too few connections may wait",
        &["A-13/2"],
        "Call listen(10): its number says how many clients may wait while one is served.",
    )
    .may_break(&["A-13/3"])
    .leaves(&["A-13"])
    .shows(&["a connection to", "timed out", "refused"])
    .page("https://docs.python.org/3/library/socket.html#socket.socket.listen"),
    Cause::new(
        "all clients are served concurrently",
        &["A-13/2"],
        "Serve one client to its end, close, and only then accept the next: no threads are needed. \
         The others wait in the queue that listen(10) makes.",
    )
    .may_break(&["A-13/3"])
    .shows(&["another one saw it"]),
    Cause::new(
        "the connection is not closed",
        &["A-13/4"],
        "Call close on the socket that accept returned when the file is at its end. `with` does \
         that, whatever happens inside.",
    )
    .may_break(&["A-8", "A-8/2", "A-8/3", "A-8/6", "A-8/7"])
    .leaves(&["A-3"]),
    Cause::new(
        "no signal handler, or one that ends with another status",
        &["A-16"],
        "Install a handler for SIGQUIT, SIGTERM and SIGINT that sets not_stopped to False, and \
         return from the main program. Then the status is 0.",
    )
    .may_break(&["A-16/2", "A-16/3", "A-16/4", "G-4"])
    .shows(&["it ended with"])
    .page("https://docs.python.org/3/library/signal.html#signal.signal"),
    Cause::new(
        "accept goes on waiting after the signal",
        &["A-16", "A-16/2", "A-16/3"],
        "In Python accept is resumed after a handler that only sets a flag. Give the listening \
         socket a timeout, and look at the flag whenever accept times out.",
    )
    .may_break(&["A-16/4", "G-4"])
    .page("https://docs.python.org/3/library/socket.html#notes-on-socket-timeouts"),
    Cause::new(
        "it ends when nobody comes",
        &["A-13/5"],
        "When accept times out, call it again: the 10 seconds are about a client that sends \
         nothing, not about the time without clients.",
    ),
    Cause::new(
        "the count is not reset",
        &["A-3/5"],
        "Set the number to 0 for each connection, inside the loop that accepts.",
    )
    .may_break(&["A-10/4", "A-13/3", "A-17"])
    .leaves(&["A-3"]),
    Cause::new(
        "it listens on localhost only",
        &["A-12"],
        "Bind to 0.0.0.0: then clients from other machines can connect.",
    ),
    Cause::new(
        "an incorrect port ends in a traceback",
        &["A-15/2"],
        "Catch ValueError of int and OverflowError and OSError of bind, write a line that starts \
         with ERROR: to standard error, and end with a status that is not 0.",
    )
    .may_break(&["A-15/3", "A-15/4"])
    .page("https://docs.python.org/3/library/sys.html#sys.stderr"),
    Cause::new(
        "SO_REUSEADDR is not set",
        &["A-14", "G-9"],
        "Set SO_REUSEADDR on the listening socket before bind. Otherwise the port cannot be used \
         for a minute after a client was connected.",
    )
    .page("https://docs.python.org/3/library/socket.html#example"),
];
