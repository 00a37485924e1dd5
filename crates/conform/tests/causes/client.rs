use crate::Mistake;

const fn mistake(cause: &'static str, changes: &'static [(&'static str, &'static str)]) -> Mistake {
    Mistake {
        cause,
        program: "client/plain.py",
        changes,
    }
}

pub(crate) const MISTAKES: &[Mistake] = &[
    mistake(
        "one recv is taken for one whole response",
        &[("while len(data) < count:", "if count:")],
    ),
    mistake(
        "the magic number is little-endian",
        &[(
            "bytearray(MAGIC.to_bytes(2, \"big\"))",
            "bytearray(MAGIC.to_bytes(2, \"little\"))",
        )],
    ),
    mistake(
        "MessageLen is little-endian",
        &[(
            "len(text).to_bytes(2, \"big\")",
            "len(text).to_bytes(2, \"little\")",
        )],
    ),
    mistake(
        "the lengths count characters instead of bytes",
        &[
            (
                "bytes([kind, len(name), len(receiver)])",
                "bytes([kind, len(name.decode()), len(receiver.decode())])",
            ),
            ("len(text).to_bytes", "len(text.decode()).to_bytes"),
        ],
    ),
    mistake(
        "the limits of an entry count characters instead of bytes",
        &[(
            "1 <= len(entry) < limit",
            "1 <= len(entry.decode()) < limit",
        )],
    ),
    mistake(
        "a wrong entry ends the client instead of being asked for again",
        &[(
            "print(\"ERROR: enter 1 to {} bytes\".format(limit - 1))",
            "raise Problem(\"enter 1 to {} bytes\".format(limit - 1))",
        )],
    ),
    mistake(
        "the length of an entry is not limited",
        &[("1 <= len(entry) < limit", "entry")],
    ),
    mistake(
        "spaces around an entry are removed",
        &[(
            "input(\"{}: \".format(what)).encode",
            "input(\"{}: \".format(what)).strip().encode",
        )],
    ),
    mistake(
        "the client connects before the entries are made",
        &[
            (
                "    if kind == \"read\":\n        request = ",
                "    early = socket.create_connection(address[0][4])\n    if kind == \"read\":\n        request = ",
            ),
            (
                "with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as server:",
                "with early as server:",
            ),
            ("        server.connect(address[0][4])\n", ""),
        ],
    ),
    mistake(
        "a gap in the response is waited out",
        &[("server.settimeout(1)", "server.settimeout(None)")],
    ),
    mistake(
        "a field, or the whole response, has one second instead of each gap",
        &[
            ("import sys", "import signal\nimport sys"),
            (
                "server.settimeout(1)",
                "signal.signal(signal.SIGALRM, late)\n        signal.setitimer(signal.ITIMER_REAL, 1)",
            ),
            (
                "def receive(",
                "def late(*_):\n    raise socket.timeout\n\n\ndef receive(",
            ),
        ],
    ),
    mistake(
        "the fields of a response are not checked",
        &[
            ("int.from_bytes(header[:2], \"big\") != MAGIC", "False"),
            ("header[2] != RESPONSE", "False"),
            ("more not in (0, 1)", "False"),
            ("sender_len < 1 or text_len < 1", "False"),
        ],
    ),
    mistake(
        "the end of the connection is taken for the end of a field",
        &[(
            "raise Problem(\"the server closed the connection too early\")",
            "break",
        )],
    ),
    mistake(
        "messages are printed as bytes instead of text",
        &[(
            "text = receive(server, text_len).decode(\"utf-8\")",
            "text = receive(server, text_len)",
        )],
    ),
    mistake(
        "an error ends with a traceback",
        &[
            ("except socket.timeout:", "except KeyboardInterrupt:"),
            (
                "except (Problem, OSError, UnicodeError) as error:",
                "except Problem as error:",
            ),
        ],
    ),
];
