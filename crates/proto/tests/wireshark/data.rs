//! What the dissectors are to make of given bytes.

use crate::capture::Side::{self, Client, Server};

/// A protocol's dissector and a conversation whose fields are known.
pub(crate) struct Golden {
    pub(crate) dissector: &'static str,
    pub(crate) port: u16,
    pub(crate) segments: &'static [(Side, &'static [u8])],
    /// The values of each field in the conversation, in order.
    pub(crate) fields: &'static [(&'static str, &'static str)],
}

pub(crate) const GOLDEN: &[Golden] = &[
    Golden {
        dissector: "action",
        port: 8083,
        segments: &[
            // Three requests in one segment.
            (Client, b"\x40\0\0\x0bHello World\x08\0\0\0\x20\0\0\x02\xc3\xa9"),
            (Server, b"\0\0\0\x0bdlHoWeol rl"),
            (Server, b"\0\0\0\0\0\0\0\x02\xc3\xa9"),
        ],
        fields: &[
            ("action.action", "0x08|0x01|0x04"),
            ("action.length", "11|0|2"),
            ("action.response_length", "11|0|2"),
            ("action.data", "Hello World|é|dlHoWeol rl|é"),
        ],
    },
    Golden {
        dissector: "accio",
        port: 5000,
        segments: &[
            (Server, b"accio\r\n"),
            (Client, b"confirm-accio\r\n"),
            (Server, b"accio\r\n"),
            (Client, b"confirm-accio-again\r\n\r\nconfirm-"),
            (Client, b"accio\r\n"),
        ],
        fields: &[
            ("accio.command", r"accio\r\n|accio\r\n"),
            ("accio.confirmation", r"confirm-accio\r\n|confirm-accio-again\r\n\r\n"),
            // The pieces of the file are those of the segments; the test joins them.
            ("accio.file", "636f6e6669726d2d616363696f0d0a"),
        ],
    },
    Golden {
        dissector: "math",
        port: 8000,
        segments: &[
            (Server, b"Q\0\0\0\x02\0\0\0\x28"),
            (Client, b"\0\0\0\x2a"),
            (Server, b"Q\xff\xff\xff\xff\0\0\0\x02"),
            (Client, b"\0\0\0\x01"),
            // A question and the secret together, as an answer is too late.
            (Server, b"Q\0\0\0\0\0\0\0\0SQS\0\xff\r\n\x1b!"),
            (Client, b"\0\0\0\0"),
        ],
        fields: &[
            ("math.kind", "'Q'|'Q'|'Q'|'S'"),
            ("math.left", "2|4294967295|0"),
            ("math.right", "40|2|0"),
            ("math.sum", "42|1|0"),
            ("math.secret", "515300ff0d0a1b21"),
        ],
    },
    Golden {
        dissector: "message",
        port: 5000,
        segments: &[
            (Client, b"\xae\x73\x02\x05\x03\x00\x05alicebobhello"),
        ],
        fields: &[
            ("message.magic_no", "0xae73"),
            ("message.id", "2"),
            ("message.name_len", "5"),
            ("message.receiver_len", "3"),
            ("message.message_len", "5"),
            ("message.name", "alice"),
            ("message.receiver", "bob"),
            ("message.message", "hello"),
        ],
    },
    Golden {
        dissector: "message",
        port: 5000,
        segments: &[
            (Client, b"\xae\x73\x01\x03\0\0\0bob"),
            (Server, b"\xae\x73\x03\x02\x01\x05\x00\x05alicehello\x01\x00\x02z\xc3\xa9"),
        ],
        fields: &[
            ("message.magic_no", "0xae73|0xae73"),
            ("message.id", "1|3"),
            ("message.name_len", "3"),
            ("message.receiver_len", "0"),
            ("message.message_len", "0|5|2"),
            ("message.name", "bob"),
            ("message.num_items", "2"),
            ("message.more_msgs", "1"),
            ("message.sender_len", "5|1"),
            ("message.sender", "alice|z"),
            ("message.message", "hello|é"),
        ],
    },
    Golden {
        dissector: "pickle",
        port: 12000,
        segments: &[
            (Server, b"\x80\x02}(X\x08\0\0\0clientidJ\xd5\xc9\0\0u."),
            // Protocol 0, and protocol 4, in one segment.
            (
                Client,
                b"(dp0\nS'a'\nI-7\ns.\x80\x04\x95\x1d\0\0\0\0\0\0\0]\x94(\x8c\x02\xc3\xa9\x94M\xff\xff\
                  J\xfe\xff\xff\xff\x8a\x01\x80G\x3f\xf8\0\0\0\0\0\0C\x01\xffe.",
            ),
            (Server, b"\x80\x02X\x13\0\0\0server got the data."),
        ],
        fields: &[
            (
                "pickle.opcode",
                "0x80|0x7d|0x28|0x58|0x4a|0x75|0x2e|\
                 0x28|0x64|0x70|0x53|0x49|0x73|0x2e|\
                 0x80|0x95|0x5d|0x94|0x28|0x8c|0x94|0x4d|0x4a|0x8a|0x47|0x43|0x65|0x2e|\
                 0x80|0x58|0x2e",
            ),
            ("pickle.protocol", "2|4|2"),
            ("pickle.frame", "29"),
            ("pickle.length", "8|2|1|1|19"),
            ("pickle.text", "clientid|0|'a'|-7|é|server got the data"),
            ("pickle.integer", "51669|65535|-2"),
            ("pickle.long", "80"),
            ("pickle.float", "1.5"),
            ("pickle.bytes", "ff"),
        ],
    },
];

/// What is sent, and a part of what is reported.
type Row = (Side, &'static [u8], &'static str);

/// What a clause forbids, for each dissector and its port.
pub(crate) const FORBIDDEN: &[(&str, u16, &[Row])] = &[
    (
        "action",
        8083,
        &[
            (Client, b"\x18\0\0\x01a", "(T-3)"),
            (Client, b"\x08\0\0\x02\xc3(", "(T-6)"),
            (Server, b"\xff\xff\xff\xffabc", "(T-2)"),
        ],
    ),
    (
        "accio",
        5000,
        &[
            (Server, b"accio\r\nAccio\r\n", "(A-6, AC-2)"),
            (Server, b"hello", "(A-6, AC-2)"),
            (Server, b"accio\r\naccio\r\naccio\r\n", "(A-1)"),
            (
                Client,
                b"confirm-accio\r\nconfirm-accio\r\n\r\n",
                "(A-6, AC-2)",
            ),
        ],
    ),
    (
        "math",
        8000,
        &[
            (Server, b"q\0\0\0\x02\0\0\0\x28", "(M-6)"),
            (Server, b"Ssecret 1Q\0\0\0\x02\0\0\0\x28", "(M-4)"),
        ],
    ),
    (
        "message",
        5000,
        &[
            (Client, b"\x73\xae\x01\x01\0\0\0a", "MagicNo"),
            (Client, b"\xae\x73\x03\x01\0\0\0a", "ID is"),
            (Client, b"\xae\x73\x01\0\0\0\0", "at least 1"),
            (Client, b"\xae\x73\x02\x01\0\0\x01at", "at least 1"),
            (Client, b"\xae\x73\x02\x01\x01\0\0ab", "at least 1"),
            (Client, b"\xae\x73\x01\x01\x01\0\0ab", "not 0 in"),
            (Client, b"\xae\x73\x01\x01\0\0\x01at", "not 0 in"),
            (Client, b"\xae\x73\x01\x01\0\0\0ab", "(C-8)"),
            (Server, b"\xae\x74\x03\0\0", "MagicNo"),
            (Server, b"\xae\x73\x02\x00\x00", "ID is"),
            (Server, b"\xae\x73\x03\0\x02", "MoreMsgs"),
            (Server, b"\xae\x73\x03\x01\0\0\0\x01t", "at least 1"),
            (Server, b"\xae\x73\x03\x01\0\x01\0\0s", "at least 1"),
            (Server, b"\xae\x73\x03\0\0\xae\x73\x03\0\0", "(C-8)"),
        ],
    ),
    (
        "pickle",
        12000,
        &[
            (Client, b"GET / HTTP/1.0\r\n\r\n", "No opcode"),
            (Client, b"cposix\nsystem\n(S'echo'\ntR.", "import"),
            (Client, b"N}b.", "import"),
            (Client, b"\x8b\xff\xff\xff\xffN.", "Negative"),
            (Client, b"X\xff\xff\xff\xff", "1 MiB"),
            (Client, b"\x8e\xff\xff\xff\xff\xff\xff\xff\xff", "1 MiB"),
            (Client, b"\x80\x06N.", "newer"),
        ],
    ),
];
