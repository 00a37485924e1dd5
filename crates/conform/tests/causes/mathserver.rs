use crate::Mistake;

const fn mistake(cause: &'static str, changes: &'static [(&'static str, &'static str)]) -> Mistake {
    Mistake {
        cause,
        program: "mathserver/plain.py",
        changes,
    }
}

pub(crate) const MISTAKES: &[Mistake] = &[
    mistake(
        "a question has no Q in front",
        &[("b\"Q\" + first", "first")],
    ),
    mistake(
        "the server waits for the client to begin",
        &[(
            "def examine(client):\n",
            "def examine(client):\n    client.recv(1)\n",
        )],
    ),
    mistake(
        "the numbers or the answer are little-endian",
        &[("from_bytes(data, \"big\")", "from_bytes(data, \"little\")")],
    ),
    mistake(
        "the secret is missing, or has no S in front",
        &[("b\"S\" + secret", "secret")],
    ),
    mistake(
        "only one client is ever accepted",
        &[("while True:", "if True:")],
    ),
    mistake(
        "a wrong answer is not noticed",
        &[(
            "receive_answer(client) != first + second",
            "receive_answer(client) is None",
        )],
    ),
    mistake(
        "the questions are sent together",
        &[
            (
                "def examine(client):\n",
                "def examine(client):\n    sums = []\n",
            ),
            (
                "        if receive_answer(client) != first + second:\n",
                "        sums.append(first + second)\n    for total in sums:\n        \
                 if receive_answer(client) != total:\n",
            ),
        ],
    ),
    mistake(
        "one recv is taken for one whole answer",
        &[("while len(data) < 4:", "if not data:")],
    ),
    mistake(
        "the connection stays open behind the secret",
        &[("secret.encode())", "secret.encode())\n    client.recv(1)")],
    ),
    mistake(
        "everybody is asked the same",
        &[
            ("first = random.randrange(2**31)", "first = 1"),
            ("second = random.randrange(2**31)", "second = 1"),
        ],
    ),
    mistake(
        "everybody has the same number of questions",
        &[("random.randint(3, 10)", "5")],
    ),
    mistake(
        "everybody has the same secret",
        &[(
            "\"\".join(random.choices(string.ascii_letters, k=8))",
            "\"password\"",
        )],
    ),
    mistake(
        "it listens on another port than 8000",
        &[("else 8000", "else 8001")],
    ),
    mistake(
        "SO_REUSEADDR is not set",
        &[(
            "    server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)\n",
            "",
        )],
    ),
    // As the honest program does, which need not do otherwise.
    mistake("a silent client delays the others", &[]),
];
