use crate::Mistake;

const PROGRAM: &str = "tcp_server/plain.py";

const SENDS: &str = "client.sendall(struct.pack(\"!I\", len(answer)) + answer)";

const fn mistake(cause: &'static str, changes: &'static [(&'static str, &'static str)]) -> Mistake {
    Mistake {
        cause,
        program: PROGRAM,
        changes,
    }
}

pub(crate) const MISTAKES: &[Mistake] = &[
    mistake(
        "one recv is taken for one whole request",
        &[("while len(data) < length:", "if length:")],
    ),
    mistake(
        "one send is taken to send everything",
        // With a timeout Python's socket does not block.
        &[(
            "client.sendall(",
            "client.settimeout(60)\n        client.send(",
        )],
    ),
    mistake(
        "the length of the response is little-endian",
        &[("struct.pack(\"!I\"", "struct.pack(\"<I\"")],
    ),
    mistake(
        "the response has no length in front",
        &[(SENDS, "client.sendall(answer)")],
    ),
    mistake(
        "no response before the client ends its sending side",
        &[
            (
                "while True:\n        (word,) = struct.unpack(\"!I\", receive(client, 4))",
                "rest = b\"\".join(iter(lambda: client.recv(4096), b\"\"))\n    while rest:\n        \
                 (word,) = struct.unpack(\"!I\", rest[:4])",
            ),
            (
                "data = receive(client, length)",
                "data, rest = rest[4 : 4 + length], rest[4 + length :]",
            ),
        ],
    ),
    mistake(
        "the connection is closed behind the first response",
        &[("while True:\n        (word,)", "if True:\n        (word,)")],
    ),
    mistake(
        "the length counts characters instead of bytes",
        &[("len(answer))", "len(answer.decode()))")],
    ),
    mistake(
        "bytes are transformed where characters are meant",
        &[(
            "data.decode()).encode()",
            "data.decode(\"latin-1\")).encode(\"latin-1\")",
        )],
    ),
    mistake(
        "SO_REUSEADDR is not set",
        &[(
            "        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)\n",
            "",
        )],
    ),
    mistake(
        "SIGINT is not caught",
        &[("except KeyboardInterrupt:", "except NotImplementedError:")],
    ),
    mistake(
        "SIGINT is swallowed",
        &[(
            "            client, address = listener.accept()\n",
            "            try:\n                client, address = listener.accept()\n            \
             except:\n                continue\n",
        )],
    ),
    mistake(
        "only one client is ever accepted",
        &[(
            "while True:\n            client",
            "if True:\n            client",
        )],
    ),
    mistake(
        "\"error\" has no length in front",
        &[(
            SENDS,
            "client.sendall(answer if answer == b\"error\" else struct.pack(\"!I\", len(answer)) + answer)",
        )],
    ),
    mistake(
        "an unexpected action is not answered",
        &[("except (KeyError, ValueError):", "except ValueError:")],
    ),
    mistake(
        "the connection is closed behind \"error\"",
        &[(
            "answer = b\"error\"\n",
            "client.sendall(b\"\\0\\0\\0\\x05error\")\n            return\n",
        )],
    ),
    mistake(
        "the data of an unexpected action is not read",
        &[(
            "data = receive(client, length)",
            "data = receive(client, length if action in ACTIONS else 0)",
        )],
    ),
    mistake(
        "the actions have other numbers",
        &[("0x04:", "0x03:"), ("0x08:", "0x04:"), ("0x10:", "0x05:")],
    ),
    mistake("\"random\" may leave nothing", &[(" or message[:1]", "")]),
    mistake(
        "requests or clients are printed on standard output",
        &[(
            "logging.info(\"action %d, %d bytes\", action, length)",
            "print(action, length)",
        )],
    ),
    mistake(
        "it logs without -v",
        &[("if arguments.verbose:", "if arguments:")],
    ),
    mistake(
        "errors are not printed on standard error",
        &[(
            "print(f\"tcp_server.py: {error}\", file=sys.stderr)",
            "print(f\"tcp_server.py: {error}\")",
        )],
    ),
    mistake(
        "the help is not printed on standard output",
        &[("print(USAGE)", "print(USAGE, file=sys.stderr)")],
    ),
];
