//! The mistakes that people make.

use crate::Cause;

pub(super) const CAUSES: &[Cause] = &[
    Cause::new(
        "a question has no Q in front",
        &["MS-1"],
        "A message is 9 bytes, and its first byte says what it is. Send b\"Q\" and the two numbers \
         in one call.",
    )
    .shows(&["8 bytes"])
    .may_break(&["G-5/2"]),
    Cause::new(
        "the server waits for the client to begin",
        &["MS-1"],
        "The client sends nothing before it is asked. Send the first question right after accept.",
    )
    .shows(&["nothing happened"])
    .page("https://docs.python.org/3/library/socket.html#socket.socket.accept"),
    Cause::new(
        "the numbers or the answer are little-endian",
        &["MS-1/2"],
        "All numbers have their highest byte first. Convert them with to_bytes(4, \"big\") and \
         from_bytes(data, \"big\").",
    )
    .shows(&["after the first right answer"])
    .page("https://docs.python.org/3/library/stdtypes.html#int.from_bytes"),
    Cause::new(
        "the secret is missing, or has no S in front",
        &["MS-1/2"],
        "After the last right answer the client waits for the secret. Send b\"S\" and its 8 bytes.",
    )
    .shows(&["right answers"]),
    Cause::new(
        "only one client is ever accepted",
        &["MS-1/3"],
        "When a client has left, the next one waits to be accepted. Call accept in a loop that \
         ends only with the server.",
    )
    .leaves(&["MS-1", "MS-1/2"])
    .page("https://docs.python.org/3/library/socket.html#socket.socket.accept"),
    Cause::new(
        "a wrong answer is not noticed",
        &["MS-2"],
        "Whoever answers wrongly is not to get the secret. Compare all four bytes of each answer \
         with the sum, and close the connection if they differ.",
    )
    .leaves(&["MS-1/2"])
    .may_break(&["MS-4/2"]),
    Cause::new(
        "the questions are sent together",
        &["MS-2/3"],
        "One question at a time is asked. Receive the answer before you send the next question.",
    )
    .leaves(&["MS-1"])
    .may_break(&["MS-2", "MS-2/4", "G-5/2"]),
    Cause::new(
        "one recv is taken for one whole answer",
        &["G-5"],
        "recv returns what has arrived, which may be a part of the 4 bytes. Call it in a loop until \
         they are complete.",
    )
    .leaves(&["MS-1/2"])
    .page("https://docs.python.org/3/howto/sockets.html#using-a-socket"),
    Cause::new(
        "the connection stays open behind the secret",
        &["MS-1/5"],
        "The client may wait for the end of the connection. Close it when the secret is sent.",
    )
    .leaves(&["MS-1/2"])
    .page("https://docs.python.org/3/library/socket.html#socket.socket.close"),
    Cause::new(
        "everybody is asked the same",
        &["MS-3/2"],
        "Answers that are known beforehand show nothing. Draw the numbers for each question.",
    )
    .page("https://docs.python.org/3/library/random.html#random.randrange"),
    Cause::new(
        "everybody has the same number of questions",
        &["MS-1/9"],
        "The number of questions is random. Draw it for each client.",
    )
    .leaves(&["MS-1/2"])
    .page("https://docs.python.org/3/library/random.html#random.randint"),
    Cause::new(
        "everybody has the same secret",
        &["MS-1/10"],
        "A secret that all share can be passed on. Draw it for each client, of letters and digits.",
    )
    .leaves(&["MS-1/2"])
    .page("https://docs.python.org/3/library/random.html#random.choices"),
    Cause::new(
        "it listens on another port than 8000",
        &["MS-1/4"],
        "Who is told no port connects to 8000. Use 8000 when there is no argument.",
    )
    .leaves(&["MS-1"]),
    Cause::new(
        "SO_REUSEADDR is not set",
        &["G-9"],
        "The system keeps the port for a minute after a connection, and bind fails. Set the option \
         SO_REUSEADDR on the listening socket, before bind.",
    )
    .page("https://docs.python.org/3/library/socket.html#example"),
    Cause::new(
        "a silent client delays the others",
        &["MS-4"],
        "While the server waits for one client, it does not accept the next. Serve each client in \
         a thread of its own.",
    )
    .page("https://docs.python.org/3/library/threading.html"),
];
