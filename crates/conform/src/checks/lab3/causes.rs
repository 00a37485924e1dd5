//! The mistakes that people make in it, the commonest first.

use crate::Cause;

pub(super) const CAUSES: &[Cause] = &[
    Cause::new(
        "one recv is taken for one object",
        &["P-4/4", "G-5"],
        "TCP has no messages: recv returns a part of a pickle, or several. Read with pickle.load \
         from clienthandler.makefile(\"rb\"), which knows where each object ends.",
    )
    .may_break(&[
        "P-4/2", "P-4/3", "P-4/7", "P-4/8", "P-7/8", "P-9/2", "P-10/2", "P-10/3",
    ])
    .page("https://docs.python.org/3/library/socket.html#socket.socket.makefile"),
    Cause::new(
        "an exception ends the server",
        &["P-7"],
        "Put all that is done for one client into try, inside the loop that accepts. In except \
         print the error, close the client, and accept the next one.",
    )
    .may_break(&[
        "P-7/2", "P-7/3", "P-7/4", "P-7/8", "P-8", "P-8/2", "P-8/4", "P-8/5", "P-8/6", "P-8/7",
        "P-8/8", "P-8/9", "P-8/10", "P-8/11",
    ])
    .leaves(&["P-10"])
    .page("https://docs.python.org/3/tutorial/errors.html#handling-exceptions"),
    Cause::new(
        "a client that leaves ends the server",
        &["P-7/4"],
        "Sending to a client that has left raises ConnectionResetError or BrokenPipeError, and \
         receiving from it returns b\"\" or raises. Put send, too, inside the try of the client.",
    )
    .may_break(&["P-7/2", "P-7/3"])
    .leaves(&["P-7", "P-10"]),
    Cause::new(
        "an exception is swallowed",
        &["P-7/5"],
        "Print the exception in except, with the client's id: print(client_id, error, \
         file=sys.stderr).",
    )
    .may_break(&["P-7/6", "P-8/2"])
    .leaves(&["P-7"]),
    Cause::new(
        "the end of a client's data is taken for an object",
        &["P-10"],
        "recv returns b\"\" when the client has closed, and pickle.loads raises EOFError for it. \
         Leave the loop of the client if nothing was received, and accept the next one.",
    )
    .may_break(&["P-3/2", "P-1/2", "P-7", "P-7/2", "P-7/3", "P-7/4"])
    .shows(&["EOFError"])
    .page("https://docs.python.org/3/library/socket.html#socket.socket.recv"),
    Cause::new(
        "only one client is served",
        &["P-10"],
        "Put accept and all that follows into while True. Close the clienthandler, not the \
         server's socket.",
    )
    .may_break(&["P-3/2", "P-1/2", "P-7", "P-7/2", "P-7/3", "P-7/4"]),
    Cause::new(
        "the id is not pickled",
        &["P-3"],
        "Send pickle.dumps({'clientid': client_id}): the client reads the bytes with pickle.loads.",
    )
    .may_break(&["P-4/6", "G-5/2"])
    .shows(&["which is none at byte"])
    .page("https://docs.python.org/3/library/pickle.html#pickle.dumps"),
    Cause::new(
        "the server waits for the client to send first",
        &["P-3"],
        "Send the id as soon as accept has returned, before the first recv: the client waits for \
         it.",
    )
    .may_break(&["P-4/6", "G-5/2"])
    .shows(&["nothing happened"]),
    Cause::new(
        "the id is not the client's port",
        &["P-3"],
        "The id is addr[1] of what accept returned: the port of the client, not a counter, a \
         process id or the server's port.",
    )
    .may_break(&["P-3/2"])
    .shows(&["{'clientid': "]),
    Cause::new(
        "the id is not in a dictionary",
        &["P-3"],
        "Send the dictionary {'clientid': client_id}, not the number or the text alone.",
    )
    .may_break(&["P-3/2", "P-3/3"]),
    Cause::new(
        "only one object of a client is read",
        &["P-4/2"],
        "Receive in a loop until recv returns b\"\": a client may send more than one object.",
    )
    .may_break(&["P-4/3", "P-4/5", "P-4/7", "P-7/8", "P-9"])
    .leaves(&["P-6"]),
    Cause::new(
        "too few clients may wait",
        &["P-1/2"],
        "Call listen(10): its number says how many clients may wait while one is served.",
    )
    .shows(&["timed out", "refused"])
    .page("https://docs.python.org/3/library/socket.html#socket.socket.listen"),
    Cause::new(
        "the acknowledgement is not pickled",
        &["P-6"],
        "Send pickle.dumps of the acknowledgement: the client reads it with pickle.loads.",
    )
    .shows(&["which is none at byte"])
    .page("https://docs.python.org/3/library/pickle.html#pickle.dumps"),
    Cause::new(
        "nothing is acknowledged",
        &["P-6"],
        "Send pickle.dumps(\"server got the data\") for each object that came: the client of the \
         course waits for it.",
    )
    .shows(&["nothing happened", "closed"]),
    Cause::new(
        "a student is printed in other words",
        &["P-5"],
        "Print \"Connected: Student: A, Github Username: B, sid: C\" on one line, as the skeleton \
         does.",
    )
    .may_break(&["G-1", "G-6", "P-5/2"]),
    Cause::new(
        "the server does not print where it listens",
        &["P-2"],
        "Print \"Server listening at HOST/PORT\" after listen.",
    )
    .may_break(&["P-1/5"]),
    Cause::new(
        "whatever a pickle names is called",
        &["P-8"],
        "Read with an Unpickler of your own whose find_class raises an error: pickle.loads runs \
         whatever the client wants.",
    )
    .may_break(&["P-8/2", "P-8/4", "P-8/11"])
    .page("https://docs.python.org/3/library/pickle.html#restricting-globals"),
    Cause::new(
        "SO_REUSEADDR is not set",
        &["G-9"],
        "Set SO_REUSEADDR on the listening socket before bind. Otherwise the port cannot be used \
         for a minute after a client was connected.",
    )
    .page("https://docs.python.org/3/library/socket.html#example"),
];
