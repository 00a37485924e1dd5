//! The mistakes that people make in it, the commonest first.

use crate::Cause;

pub(super) const CAUSES: &[Cause] = &[
    Cause::new(
        "one recv is taken for one object",
        &["G-5"],
        "TCP has no messages: recv returns a part of a pickle, or several. Read with pickle.load \
         from client.makefile(\"rb\"), which knows where each object ends.",
    )
    .may_break(&["G-5/3", "PC-1/15", "PC-2/3", "PC-2/4"])
    .leaves(&["PC-1"])
    .page("https://docs.python.org/3/library/socket.html#socket.socket.makefile"),
    Cause::new(
        "the data is not pickled",
        &["PC-1"],
        "Send pickle.dumps(data): the server reads it with pickle.loads. str(data).encode() is \
         something else.",
    )
    .may_break(&["G-5/2"])
    .shows(&["which is none at byte"])
    .page("https://docs.python.org/3/library/pickle.html#pickle.dumps"),
    Cause::new(
        "the dictionary has other keys",
        &["PC-1"],
        "The keys of the dictionary are student_name, github_username and sid.",
    )
    .may_break(&["PC-1/9"])
    .shows(&["student_name", "github", "sid", "name"]),
    Cause::new(
        "the reply is not what the program expects",
        &["PC-1/17"],
        "Print whatever object the server answers with: a text, a number or a dictionary. Who \
         looks for a key in it fails at a text.",
    )
    .may_break(&[
        "PC-1/3", "PC-1/4", "PC-1/5", "PC-1/6", "PC-1/11", "G-2", "G-5", "G-6", "G-6/3",
    ])
    .shows(&["ended with"]),
    Cause::new(
        "only one kind of id is understood",
        &["PC-1/7"],
        "The id may come as the dictionary {'clientid': N} or as the number alone: look with \
         isinstance which it is.",
    )
    .leaves(&["PC-1"]),
    Cause::new(
        "the id is printed in other words",
        &["PC-1/2"],
        "Print \"Client id N assigned by server\", as the course's client does.",
    )
    .may_break(&["PC-1/11", "G-1", "G-5", "G-5/3", "G-6", "G-6/3"])
    .leaves(&["PC-1"]),
    Cause::new(
        "the reply is not printed",
        &["PC-1/3"],
        "Receive once more after the data was sent, and print the object.",
    )
    .may_break(&[
        "PC-1/5", "PC-1/6", "PC-1/11", "PC-2/4", "PC-1/14", "G-5", "G-5/3",
    ])
    .leaves(&["PC-1", "PC-1/17"]),
    Cause::new(
        "the data is sent before the id has come",
        &["PC-1/10"],
        "Receive the id first, and then send the data: a server that reads one object at a time \
         expects this order.",
    ),
    Cause::new(
        "no time limit",
        &["PC-1/13", "PC-1/14"],
        "Call settimeout(10) on the socket before connect. Report the timeout as an error.",
    )
    .may_break(&["PC-1/15", "PC-1/16"])
    .page("https://docs.python.org/3/library/socket.html#socket.socket.settimeout"),
    Cause::new(
        "an error ends with status 0",
        &["PC-2"],
        "End with sys.exit(1) after the message about an error: whoever started the program looks \
         at its status.",
    )
    .may_break(&["PC-2/2", "PC-2/3", "PC-2/4", "PC-2/5", "PC-2/6", "PC-2/7"])
    .shows(&["status 0"]),
];
