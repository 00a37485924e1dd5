//! The mistakes that people make.

use crate::Cause;

pub(super) const CAUSES: &[Cause] = &[
    Cause::new(
        "one recv is taken for one whole response",
        &["G-5", "C-21/7"],
        "recv returns what has arrived, which may be less than you asked for. Call it in a loop \
         until all bytes of a field are there.",
    )
    .may_break(&[
        "C-21", "C-21/2", "C-21/3", "C-21/4", "C-21/9", "C-21/10", "C-22/8", "C-22/9", "C-22/11",
        "C-22/14",
    ])
    .page("https://docs.python.org/3/howto/sockets.html#using-a-socket"),
    Cause::new(
        "the magic number is little-endian",
        &["C-1", "C-1/2"],
        "Numbers on the network have their highest byte first. Write 0xAE73 with \
         to_bytes(2, \"big\"), or with the format \"!H\".",
    )
    .may_break(&["C-1/4", "C-17/5", "C-18/4", "G-3/3"])
    .shows(&["73 ae 01"])
    .page("https://docs.python.org/3/library/stdtypes.html#int.to_bytes"),
    Cause::new(
        "MessageLen is little-endian",
        &["C-1/3"],
        "Numbers on the network have their highest byte first. Write MessageLen with \
         to_bytes(2, \"big\"), or with the format \"!H\".",
    )
    .leaves(&["C-1", "C-1/2"])
    .page("https://docs.python.org/3/library/stdtypes.html#int.to_bytes"),
    Cause::new(
        "the lengths count characters instead of bytes",
        &["C-1/4", "C-1/5"],
        "Characters outside ASCII have several bytes in UTF-8. Encode each text first, and take \
         the length of the bytes.",
    )
    .leaves(&["C-1", "C-1/2"])
    .page("https://docs.python.org/3/library/stdtypes.html#str.encode"),
    Cause::new(
        "the limits of an entry count characters instead of bytes",
        &["C-18/7"],
        "The limits are 255 and 65,535 bytes, and a character may have several. Encode the entry \
         first, and compare the length of the bytes.",
    )
    .leaves(&["C-18/2", "C-18/3", "C-1/5"])
    .page("https://docs.python.org/3/library/stdtypes.html#str.encode"),
    Cause::new(
        "a wrong entry ends the client instead of being asked for again",
        &["C-18/2", "C-18/3"],
        "The client prints an error and prompts again until an entry is valid. Put the prompt into \
         a loop that only a valid entry leaves.",
    )
    .may_break(&["C-18/5", "C-18/7"])
    .shows(&["the program ended"])
    .leaves(&["C-1/2"]),
    Cause::new(
        "the length of an entry is not limited",
        &["C-18/2", "C-18/3"],
        "A receiver has less than 255 bytes, and a message less than 65,535. Count the bytes of \
         the entry, and prompt again if there are more.",
    )
    .may_break(&["C-18/5", "C-18/7"])
    // A create request with a ReceiverLen of 255.
    .shows(&["\\xaes\\x02\\x05\\xff"])
    .leaves(&["C-1/2"]),
    Cause::new(
        "spaces around an entry are removed",
        &["C-18/8"],
        "What the user enters is sent as it is, but for the newline. Take off no more than that: \
         input() does so already, and rstrip(\"\\n\") elsewhere.",
    )
    .leaves(&["C-1/2"])
    .page("https://docs.python.org/3/library/stdtypes.html#str.strip"),
    Cause::new(
        "the client connects before the entries are made",
        &["C-19"],
        "The server gives up a client that sends nothing for a second, and people need longer than \
         that to type. Ask for receiver and message first, and connect then.",
    )
    .may_break(&["C-18/6", "C-17/10"]),
    Cause::new(
        "a gap in the response is waited out",
        &["C-22/6"],
        "A response that pauses for more than a second is an error. Call settimeout(1) on the \
         socket before you receive, and report socket.timeout.",
    )
    .may_break(&["C-22/13", "G-4/2"])
    .leaves(&["C-22/11"])
    .page("https://docs.python.org/3/library/socket.html#socket.socket.settimeout"),
    Cause::new(
        "a field, or the whole response, has one second instead of each gap",
        &["G-5"],
        "Only a gap of more than a second is an error, however long the response takes as a whole. \
         Set the timer anew whenever bytes have come, as settimeout does by itself.",
    )
    .may_break(&["C-21/7"])
    .leaves(&["C-21/4", "C-22/10"])
    .page("https://docs.python.org/3/library/socket.html#socket.socket.settimeout"),
    Cause::new(
        "the fields of a response are not checked",
        &["C-22", "C-22/2", "C-22/3", "C-22/4", "C-22/5"],
        "A response may come from anybody: MagicNo, ID, MoreMsgs and the lengths have to be valid. \
         Check each field before you use it, and report what is wrong.",
    )
    .may_break(&["C-22/13", "C-22/14"]),
    Cause::new(
        "the end of the connection is taken for the end of a field",
        &["C-22/11"],
        "recv returns no bytes when the server has closed. If a field is not complete then, the \
         response is an error: do not go on with what is there.",
    )
    .may_break(&["C-22/12", "C-22/13", "C-22/15", "G-4/2"])
    .leaves(&["C-21", "C-22/9"])
    .page("https://docs.python.org/3/library/socket.html#socket.socket.recv"),
    Cause::new(
        "messages are printed as bytes instead of text",
        &["C-21/2"],
        "A bytes object prints as b'...', with escapes for all that is not ASCII. Decode sender \
         and text first.",
    )
    .leaves(&["C-21"])
    .shows(&["b'", "b\\\""])
    .may_break(&["C-23/2"])
    .page("https://docs.python.org/3/library/stdtypes.html#bytes.decode"),
    Cause::new(
        "an error ends with a traceback",
        &["C-22/15"],
        "The assignment deducts points for an exception that nobody catches. Catch OSError (a \
         timeout is one of them) around connect, send and recv, and print a sentence.",
    )
    .may_break(&["C-20/4", "C-22/13", "G-4/2"])
    .leaves(&["C-22/11", "C-22/12"])
    .page("https://docs.python.org/3/library/exceptions.html#os-exceptions"),
];
