//! The mistakes that people make.

use crate::Cause;

pub(super) const CAUSES: &[Cause] = &[
    Cause::new(
        "one recv is taken for one whole response",
        &["TC-2/2", "G-5"],
        "recv returns what has arrived, which may be a part of a response or several. Call it in a \
         loop until the 4 bytes of the length are there, and again until the data are.",
    )
    .may_break(&[
        "TC-2", "TC-2/3", "TC-2/4", "TC-2/5", "TC-2/7", "TC-2/8", "G-2", "G-7",
    ])
    .page("https://docs.python.org/3/howto/sockets.html#using-a-socket"),
    Cause::new(
        "the header is little-endian",
        &["TC-1"],
        "Numbers on the network have their highest byte first. Pack the header with the format \
         \"!I\", or with to_bytes(4, \"big\").",
    )
    .shows(&["in little-endian order"])
    .page("https://docs.python.org/3/library/struct.html#byte-order-size-and-alignment"),
    Cause::new(
        "the action has 8 bits of the header",
        &["TC-1"],
        "The action has the highest 5 bits and the length the 27 bits behind. Shift the action by \
         27 to the left, and combine it with the length by |.",
    )
    .shows(&["an action of 8 bits"])
    .page("https://docs.python.org/3/library/stdtypes.html#bitwise-operations-on-integer-types"),
    Cause::new(
        "the end of the line is sent with the message",
        &["TC-1"],
        "A line that is read from a file ends with a newline, which is no part of the message. \
         Remove it with rstrip(\"\\n\") before you take the length.",
    )
    .shows(&["as if the end of the line belonged"])
    .page("https://docs.python.org/3/library/stdtypes.html#str.rstrip"),
    Cause::new(
        "each response is awaited before the next request is sent",
        &["TC-2"],
        "Requests are pipelined: none waits for a response. Send all of them first, or receive in \
         a thread of its own.",
    )
    .leaves(&["TC-1"])
    .shows(&[
        "happened     nothing happened",
        "nothing happened until the deadline",
    ])
    .may_break(&["TC-3", "TC-3/2", "TC-3/3"]),
    Cause::new(
        "the responses are printed with other words or on one line",
        &["TC-2"],
        "Each response is a line of its own, as it came. Print its text alone: print(text), not \
         the bytes object or a sentence around it.",
    )
    .leaves(&["TC-1"])
    .shows(&["all that is printed is", "the last lines are"])
    .may_break(&["TC-2/8", "TC-3"])
    .page("https://docs.python.org/3/library/stdtypes.html#bytes.decode"),
    Cause::new(
        "the message ends at its next space",
        &["TC-1/3"],
        "Only the first space of a line separates, the others belong to the message. Split once: \
         line.split(\" \", 1).",
    )
    .page("https://docs.python.org/3/library/stdtypes.html#str.split"),
    Cause::new(
        "the length counts characters instead of bytes",
        &["TC-1/8"],
        "Characters outside ASCII have several bytes in UTF-8. Encode the message first, and take \
         the length of the bytes.",
    )
    .leaves(&["TC-1"])
    .page("https://docs.python.org/3/library/stdtypes.html#str.encode"),
    Cause::new(
        "- is opened as a file",
        &["TC-1/2"],
        "The file \"-\" stands for standard input. Read sys.stdin then, and open the file \
         otherwise.",
    )
    .may_break(&["TC-2/6"])
    .page("https://docs.python.org/3/library/sys.html#sys.stdin"),
];
