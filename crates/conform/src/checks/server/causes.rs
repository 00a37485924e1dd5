//! The mistakes that people make.

use crate::Cause;

pub(super) const CAUSES: &[Cause] = &[
    Cause::new(
        "One recv() is taken for the whole request",
        &["C-7/4"],
        "TCP has no messages: recv() returns what has come so far, perhaps a part of a field. \
         Call recv() in a loop until as many bytes have come as the field has.",
    )
    .may_break(&["C-1/3", "C-1/5", "C-12/3", "G-5", "C-13/2"])
    .leaves(&["C-1"])
    .page("https://docs.python.org/3/howto/sockets.html#using-a-socket"),
    Cause::new(
        "One send() is taken to send everything",
        &["C-10/9"],
        "send() returns how many bytes it has taken over, which may be fewer than it was given. \
         Call sendall(), or send() in a loop with what is left.",
    )
    .may_break(&["C-11", "C-11/2", "C-11/3", "C-11/4", "C-12/3", "C-16/3"])
    .leaves(&["C-1/3"])
    .page("https://docs.python.org/3/library/socket.html#socket.socket.sendall"),
    Cause::new(
        "MessageLen is little-endian",
        &["C-1/2"],
        "Network byte order is big-endian: the first byte is worth 256. \
         Use int.from_bytes(field, \"big\") and to_bytes(2, \"big\"), or \"!\" with struct.",
    )
    .leaves(&["C-1"])
    .page("https://docs.python.org/3/library/stdtypes.html#int.to_bytes"),
    Cause::new(
        "Lengths are counted in characters",
        &["C-3/2"],
        "SenderLen and MessageLen count bytes, and a character may need up to four. \
         Keep names and texts as the bytes that came, and take len() of those.",
    )
    .leaves(&["C-3"])
    .page("https://docs.python.org/3/howto/unicode.html#converting-to-bytes"),
    Cause::new(
        "The listening socket has a timeout of a second",
        &["C-12/7"],
        "accept() then raises a timeout when nobody comes for a second, and the server ends. \
         Set the timeout for the socket that accept() returns.",
    )
    .may_break(&["G-4", "G-4/3", "C-12", "C-16", "C-16/2"])
    .page("https://docs.python.org/3/library/socket.html#socket.socket.settimeout"),
    Cause::new(
        "recv() has no timeout",
        &["C-7"],
        "A client that sends nothing is waited for for ever. \
         Call settimeout(1) right after accept(), and handle the exception.",
    )
    .may_break(&["C-7/2", "C-12", "C-12/3", "C-13", "G-4/2"])
    .leaves(&["C-12/6"])
    .page("https://docs.python.org/3/library/socket.html#socket.socket.settimeout"),
    Cause::new(
        "An erroneous request ends the server",
        &["C-12/5"],
        "The server goes back to the start of its loop when a request is erroneous. \
         Catch the error inside the loop, print it, close the client's socket and continue.",
    )
    .may_break(&["C-7", "C-8", "C-12/2", "C-12/3", "G-4/2"])
    .leaves(&["C-1"])
    .page("https://docs.python.org/3/tutorial/errors.html#handling-exceptions"),
    Cause::new(
        "The socket of an erroneous request is not closed",
        &["C-12/6"],
        "The client waits for an end that does not come, and the server runs out of sockets. \
         Close the client's socket on every way back to accept(), in a finally clause.",
    )
    .may_break(&["C-2/7", "C-7", "C-8"])
    .leaves(&["C-12/5"])
    .page("https://docs.python.org/3/tutorial/errors.html#defining-clean-up-actions"),
    Cause::new(
        "The socket of a create request is not closed",
        &["C-9"],
        "No response is sent to a create request: its client learns from the close that the \
         message is stored. Call close() on the socket that accept() returned.",
    )
    .leaves(&["C-1", "C-12/6"])
    .page("https://docs.python.org/3/library/socket.html#socket.socket.close"),
    Cause::new(
        "Nothing is sent when there are no messages",
        &["C-10"],
        "A read request always has a response. \
         Send the fixed header with NumItems 0 and MoreMsgs 0 when nothing is stored.",
    )
    .leaves(&["C-1"]),
    Cause::new(
        "Messages are not removed when they have been sent",
        &["C-10/2"],
        "The second read request of a user is answered with the same messages. \
         Take what was sent out of the store.",
    )
    .leaves(&["C-1"]),
    Cause::new(
        "More than 255 messages are put in one response",
        &["C-10/3"],
        "NumItems has 8 bits and ends at 255. \
         Send the first 255 messages, set MoreMsgs to 1 and keep the others.",
    )
    .may_break(&["C-10/5"])
    .leaves(&["C-10/4"])
    .shows(&["range(0, 256)", "format requires 0 <= number <= 255"]),
    Cause::new(
        "MoreMsgs is never 1",
        &["C-10/3"],
        "MoreMsgs tells the client that messages are left on the server. \
         Set it to 1 when more than 255 are stored for the user.",
    )
    .may_break(&["C-10/5"])
    .leaves(&["C-10/4"]),
    Cause::new(
        "MoreMsgs is 1 at 255 messages already",
        &["C-10/4"],
        "255 messages fit one response, and none are left then. \
         Set MoreMsgs only when there are more than 255.",
    )
    .leaves(&["C-10/8"]),
    Cause::new(
        "The newest message is sent first",
        &["C-10/8"],
        "Messages are sent in the order in which they were stored. \
         Append to the end of a list, and send from its beginning.",
    )
    .leaves(&["C-1", "C-3"]),
    Cause::new(
        "Messages are stored under the sender's name",
        &["C-9/2"],
        "A message waits for the user who is its receiver. \
         Use the receiver's name as the key, and store the sender's name with the text.",
    )
    .shows(&["a response that begins with"])
    .may_break(&["C-1"]),
    Cause::new(
        "A read request's ReceiverLen and MessageLen are not looked at",
        &["C-2/4", "C-2/5"],
        "Both must be 0 when ID is 1. \
         Check all five fields of the header before you read on.",
    )
    .leaves(&["C-2", "C-2/2"]),
    Cause::new(
        "An error is caught, but nothing is printed",
        &["C-12"],
        "Whoever runs the server is told what was wrong with a request. \
         Print a message in each except clause.",
    ),
    Cause::new(
        "The client's address is not printed",
        &["C-6"],
        "accept() returns the new socket and its client's address, which has the IP address and \
         the port. Print both when a client connects.",
    )
    .page("https://docs.python.org/3/library/socket.html#socket.socket.accept"),
    Cause::new(
        "The second begins anew with every recv()",
        &["C-7/5", "C-7/6"],
        "The whole request has to come within a second after accept(). \
         Note the time then, and give each recv() what is left of the second.",
    )
    .leaves(&["C-7"])
    .page("https://docs.python.org/3/library/time.html#time.monotonic"),
    Cause::new(
        "SO_REUSEADDR is not set",
        &["G-9"],
        "After a client was connected, the system keeps the port for a minute, and bind() fails. \
         Set SO_REUSEADDR before bind().",
    )
    .page("https://docs.python.org/3/library/socket.html#example"),
];
