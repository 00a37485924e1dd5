use crate::Mistake;

const fn mistake(cause: &'static str, changes: &'static [(&'static str, &'static str)]) -> Mistake {
    Mistake {
        cause,
        program: "tcp_client/plain.py",
        changes,
    }
}

pub(crate) const MISTAKES: &[Mistake] = &[
    mistake(
        "one recv is taken for one whole response",
        &[("while len(data) < length:", "if length:")],
    ),
    mistake(
        "the header is little-endian",
        &[("return struct.pack(\"!I\"", "return struct.pack(\"<I\"")],
    ),
    mistake("the action has 8 bits of the header", &[("<< 27", "<< 24")]),
    mistake(
        "the end of the line is sent with the message",
        &[("line.rstrip(\"\\n\")", "line")],
    ),
    mistake(
        "each response is awaited before the next request is sent",
        &[
            ("server.sendall(b\"\".join(requests))", ""),
            (
                "for _ in requests:\n",
                "for request in requests:\n            server.sendall(request)\n",
            ),
        ],
    ),
    mistake(
        "the responses are printed with other words or on one line",
        &[(
            "print(receive(server, length).decode())",
            "print(receive(server, length))",
        )],
    ),
    mistake(
        "the message ends at its next space",
        &[("line.split(\" \", 1)", "line.split(\" \")[:2]")],
    ),
    mistake(
        "the length counts characters instead of bytes",
        &[("len(data)) + data", "len(message)) + data")],
    ),
    mistake(
        "- is opened as a file",
        &[("type=argparse.FileType()", "type=open")],
    ),
];
