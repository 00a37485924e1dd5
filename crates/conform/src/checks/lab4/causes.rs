//! The mistakes that people make.

use crate::Cause;

pub(super) const CAUSES: &[Cause] = &[
    Cause::new(
        "one recv is taken for one whole message",
        &["M-5"],
        "recv returns what has arrived, which may be a part of a message. Call it in a loop and \
         add what it returns, until there are 9 bytes.",
    )
    .may_break(&["M-5/2", "M-5/3"])
    .page("https://docs.python.org/3/howto/sockets.html#using-a-socket"),
    Cause::new(
        "the answer is little-endian",
        &["M-1"],
        "The numbers are big-endian, and so is their sum. Convert it with to_bytes(4, \"big\"), or \
         struct.pack(\"!I\", sum).",
    )
    .shows(&["in little-endian order"])
    .page("https://docs.python.org/3/library/stdtypes.html#int.to_bytes"),
    Cause::new(
        "the answer is sent as text",
        &["M-1"],
        "The answer is a number of 4 bytes, not its digits. Convert the sum with \
         to_bytes(4, \"big\").",
    )
    .shows(&["the sum as text"])
    .page("https://docs.python.org/3/library/stdtypes.html#int.to_bytes"),
    Cause::new(
        "the numbers have a sign",
        &["M-2/2"],
        "A sum above 2147483647 does not fit a number with a sign. Read and write the numbers \
         without one, and keep the lower 32 bits of the sum.",
    )
    .leaves(&["M-2"])
    .may_break(&["M-2/3"])
    .page("https://docs.python.org/3/library/struct.html#format-characters"),
    Cause::new(
        "only so many questions are answered",
        &["M-3"],
        "The number of questions is random. Answer in a loop that ends when a message begins \
         with S.",
    )
    .leaves(&["M-1"])
    .may_break(&["M-5", "M-9", "G-5/2"]),
    Cause::new(
        "the secret is printed as a bytes object",
        &["M-4/3"],
        "print shows a bytes object with b and quotes around it. Print its text: decode it first.",
    )
    .leaves(&["M-4"])
    .shows(&["b'"])
    .page("https://docs.python.org/3/library/stdtypes.html#bytes.decode"),
    Cause::new(
        "the secret is looked for by its letters",
        &["M-4/2"],
        "Only the first byte says what a message is, and the secret may have a Q too. Compare the \
         first byte alone.",
    )
    .leaves(&["M-4"]),
    Cause::new(
        "the host of the argument is ignored",
        &["M-8/2"],
        "The autograder uses another host and port than yours. Take both from sys.argv.",
    )
    .page("https://docs.python.org/3/library/sys.html#sys.argv"),
    Cause::new(
        "what arrives together is taken for one message",
        &["M-5/3"],
        "recv may return more than one message. Ask it for the bytes that are missing to 9, or \
         keep what is behind them for the next message.",
    )
    .leaves(&["M-5"])
    .page("https://docs.python.org/3/library/socket.html#socket.socket.recv"),
];
