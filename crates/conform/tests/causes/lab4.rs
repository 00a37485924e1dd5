use crate::Mistake;

const fn mistake(cause: &'static str, changes: &'static [(&'static str, &'static str)]) -> Mistake {
    Mistake {
        cause,
        program: "lab4/plain.py",
        changes,
    }
}

pub(crate) const MISTAKES: &[Mistake] = &[
    mistake(
        "one recv is taken for one whole message",
        &[("while len(data) < 9:", "if not data:")],
    ),
    mistake(
        "what arrives together is taken for one message",
        // What the honest program keeps.
        &[],
    ),
    mistake(
        "the answer is little-endian",
        &[("to_bytes(4, \"big\")", "to_bytes(4, \"little\")")],
    ),
    mistake(
        "the answer is sent as text",
        &[(".to_bytes(4, \"big\")", ".__str__().encode()")],
    ),
    mistake(
        "the numbers have a sign",
        &[("to_bytes(4, \"big\")", "to_bytes(4, \"big\", signed=True)")],
    ),
    mistake(
        "only so many questions are answered",
        &[(
            "while message[:1] == b\"Q\":",
            "for _ in range(10):\n        if message[:1] != b\"Q\":\n            break",
        )],
    ),
    mistake(
        "the secret is printed as a bytes object",
        &[("message[1:9].decode()", "message[1:9]")],
    ),
    mistake(
        "the secret is looked for by its letters",
        &[("message[:1] == b\"Q\"", "b\"Q\" in message")],
    ),
    mistake(
        "the host of the argument is ignored",
        &[("HOST = sys.argv[1]", "HOST = \"127.0.0.1\"")],
    ),
];
