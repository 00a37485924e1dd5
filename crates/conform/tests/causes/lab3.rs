use super::Mistake;

const fn mistake(cause: &'static str, changes: &'static [(&'static str, &'static str)]) -> Mistake {
    Mistake {
        cause,
        program: "lab3/makefile.py",
        changes,
    }
}

pub(crate) const MISTAKES: &[Mistake] = &[
    mistake(
        "one recv is taken for one object",
        &[(
            "    while stream.peek(1):\n        data = Careful(stream).load()\n",
            "    while True:\n        data = clienthandler.recv(4096)\n        if not data:\n            break\n        data = Careful(io.BytesIO(data)).load()\n",
        )],
    ),
    mistake(
        "an exception ends the server",
        &[(
            "except Exception as error:",
            "except ConnectionError as error:",
        )],
    ),
    mistake(
        "a client that leaves ends the server",
        &[(
            "            handle(clienthandler, client_id)\n",
            "            handle(clienthandler, client_id)\n        except ConnectionError:\n            raise\n",
        )],
    ),
    mistake(
        "an exception is swallowed",
        &[(
            "print(f\"Client {client_id}: {error!r}\", file=sys.stderr)",
            "pass",
        )],
    ),
    mistake(
        "the end of a client's data is taken for an object",
        &[
            ("while stream.peek(1):", "while True:"),
            (
                "except Exception as error:",
                "except ConnectionError as error:",
            ),
        ],
    ),
    mistake(
        "only one client is served",
        &[(
            "            clienthandler.close()\n",
            "            clienthandler.close()\n        break\n",
        )],
    ),
    mistake(
        "the id is not pickled",
        &[(
            "pickle.dumps({\"clientid\": client_id})",
            "str(client_id).encode()",
        )],
    ),
    mistake(
        "the server waits for the client to send first",
        &[(
            "    clienthandler.sendall(pickle.dumps({\"clientid\": client_id}))\n",
            "    stream.peek(1)\n    clienthandler.sendall(pickle.dumps({\"clientid\": client_id}))\n",
        )],
    ),
    mistake(
        "the id is not the client's port",
        &[("client_id = addr[1]", "client_id = clienthandler.fileno()")],
    ),
    mistake(
        "the id is not in a dictionary",
        &[("{\"clientid\": client_id}", "client_id")],
    ),
    mistake(
        "only one object of a client is read",
        &[("    while stream.peek(1):", "    if stream.peek(1):")],
    ),
    mistake(
        "too few clients may wait",
        &[("MAX_NUM_CONN = 10", "MAX_NUM_CONN = 1")],
    ),
    mistake(
        "the acknowledgement is not pickled",
        &[(
            "pickle.dumps(\"server got the data\")",
            "b\"server got the data\"",
        )],
    ),
    mistake(
        "nothing is acknowledged",
        &[(
            "        clienthandler.sendall(pickle.dumps(\"server got the data\"))\n",
            "",
        )],
    ),
    mistake(
        "a student is printed in other words",
        &[("Connected: Student: ", "Student ")],
    ),
    mistake(
        "the server does not print where it listens",
        &[(
            "    print(f\"Server listening at {host}/{port}\", flush=True)\n",
            "",
        )],
    ),
    mistake(
        "whatever a pickle names is called",
        &[("Careful(stream)", "pickle.Unpickler(stream)")],
    ),
    mistake(
        "SO_REUSEADDR is not set",
        &[(
            "    serversocket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)\n",
            "",
        )],
    ),
];
