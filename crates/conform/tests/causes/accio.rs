use super::Mistake;

const fn mistake(cause: &'static str, changes: &'static [(&'static str, &'static str)]) -> Mistake {
    Mistake {
        cause,
        program: "accio/plain.py",
        changes,
    }
}

pub(crate) const MISTAKES: &[Mistake] = &[
    mistake(
        "one recv is taken for one command",
        &[
            ("received.endswith(b\"accio\\r\\n\")", "received"),
            ("recv(1)", "recv(1024)"),
        ],
    ),
    mistake(
        "the second command is not awaited",
        &[(
            "            wait_for_command(server)\n            server.sendall(b\"confirm-accio-again",
            "            server.sendall(b\"confirm-accio-again",
        )],
    ),
    mistake(
        "the confirmations are other words",
        &[(
            "confirm-accio-again\\r\\n\\r\\n",
            "confirm-accio-again\\r\\n\\n",
        )],
    ),
    mistake(
        "the file is opened as text",
        &[
            ("open(name, \"rb\")", "open(name)"),
            ("sendall(data)", "sendall(data.encode())"),
        ],
    ),
    mistake(
        "one send is taken to send all",
        &[
            ("file.read(10000)", "file.read(10000000)"),
            ("server.sendall(data)", "server.send(data)"),
        ],
    ),
    mistake(
        "the whole file is read into memory",
        &[("file.read(10000)", "file.read()")],
    ),
    mistake("no time limit", &[(", timeout=10", "")]),
    mistake(
        "an error ends with status 0",
        &[(
            "        sys.stderr.write(\"ERROR: %s\\n\" % error)\n        return 1",
            "        sys.stderr.write(\"ERROR: %s\\n\" % error)",
        )],
    ),
    mistake(
        "an error ends in a traceback",
        &[("(OSError, OverflowError, ValueError)", "ZeroDivisionError")],
    ),
];
