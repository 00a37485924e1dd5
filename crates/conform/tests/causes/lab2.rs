use super::Mistake;

const fn mistake(cause: &'static str, changes: &'static [(&'static str, &'static str)]) -> Mistake {
    Mistake {
        cause,
        program: "lab2/makefile.py",
        changes,
    }
}

pub(crate) const MISTAKES: &[Mistake] = &[
    mistake(
        "one recv is taken for one object",
        &[(
            "    return Careful(stream).load()",
            "    return Careful(io.BytesIO(stream.read1(4096))).load()",
        )],
    ),
    mistake(
        "the data is not pickled",
        &[("pickle.dumps(data)", "str(data).encode()")],
    ),
    mistake(
        "the dictionary has other keys",
        &[("\"sid\": sid", "\"id\": sid")],
    ),
    mistake(
        "the reply is not what the program expects",
        &[("print(load(stream)", "print(load(stream)[\"status\"]")],
    ),
    mistake(
        "only one kind of id is understood",
        &[(
            "client_id[\"clientid\"] if isinstance(client_id, dict) else client_id",
            "client_id[\"clientid\"]",
        )],
    ),
    mistake(
        "the id is printed in other words",
        &[(
            "Client id {client_id} assigned by server",
            "My id is {client_id}",
        )],
    ),
    mistake(
        "the reply is not printed",
        &[(
            "        print(load(stream), flush=True)\n",
            "        load(stream)\n",
        )],
    ),
    mistake(
        "the data is sent before the id has come",
        &[
            (
                "        client_id = load(stream)\n",
                "        client.sendall(pickle.dumps(data))\n        client_id = load(stream)\n",
            ),
            (
                "assigned by server\", flush=True)\n        client.sendall(pickle.dumps(data))\n",
                "assigned by server\", flush=True)\n",
            ),
        ],
    ),
    mistake("no time limit", &[(", timeout=10", "")]),
    mistake(
        "an error ends with status 0",
        &[(
            "        print(\"ERROR:\", repr(error), file=sys.stderr)\n        return 1",
            "        print(\"ERROR:\", repr(error), file=sys.stderr)\n        return 0",
        )],
    ),
];
