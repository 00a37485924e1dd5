use super::Mistake;

const PROGRAM: &str = "server-s/plain.py";

const fn mistake(cause: &'static str, changes: &'static [(&'static str, &'static str)]) -> Mistake {
    Mistake {
        cause,
        program: PROGRAM,
        changes,
    }
}

pub(crate) const MISTAKES: &[Mistake] = &[
    mistake(
        "accio is sent only once",
        &[(
            "    client.sendall(b\"accio\\r\\n\")\n    receive_confirmation(client, b\"confirm-accio-again",
            "    receive_confirmation(client, b\"confirm-accio-again",
        )],
    ),
    mistake(
        "the server waits for the client to send first",
        &[(
            "    client.sendall(b\"accio\\r\\n\")\n    receive_confirmation(client, b\"confirm-accio\\r\\n\")\n",
            "    receive_confirmation(client, b\"confirm-accio\\r\\n\")\n    client.sendall(b\"accio\\r\\n\")\n",
        )],
    ),
    mistake("the header is counted too", &[("count = 0", "count = 38")]),
    mistake(
        "words are printed around the number",
        &[(
            "print(receive(client), flush=True)",
            "print('Received', receive(client), 'bytes', flush=True)",
        )],
    ),
    mistake(
        "one recv is taken for one confirmation",
        &[(
            "    received = b\"\"\n    while received != wanted:\n        data = client.recv(len(wanted) - len(received))\n        if not data:\n            raise OSError(\"closed early\")\n        received += data\n        if not wanted.startswith(received):",
            "    if True:\n        received = client.recv(1024)\n        if not received.startswith(wanted):",
        )],
    ),
    mistake(
        "a short recv is taken for the end of the file",
        &[(
            "        count += len(data)\n",
            "        count += len(data)\n        if len(data) < 4096:\n            break\n",
        )],
    ),
    mistake(
        "a short pause is taken for the end of the file",
        &[
            (
                "    count = 0\n",
                "    count = 0\n    client.settimeout(1)\n",
            ),
            (
                "        data = client.recv(4096)\n",
                "        try:\n            data = client.recv(4096)\n        except socket.timeout:\n            break\n",
            ),
        ],
    ),
    mistake(
        "after 10 seconds of silence the number is printed",
        &[(
            "        data = client.recv(4096)\n",
            "        try:\n            data = client.recv(4096)\n        except socket.timeout:\n            break\n",
        )],
    ),
    mistake(
        "no time limit for a silent client",
        &[("client.settimeout(10)", "pass")],
    ),
    mistake(
        "the time limit begins with the file",
        &[
            ("    client.settimeout(10)\n", ""),
            (
                "    count = 0\n",
                "    count = 0\n    client.settimeout(10)\n",
            ),
        ],
    ),
    mistake(
        "10 seconds are the limit for the whole connection",
        &[
            ("import sys\n", "import sys\nimport time\n"),
            (
                "    client.settimeout(10)\n",
                "    client.settimeout(10)\n    end = time.time() + 10\n",
            ),
            (
                "        data = client.recv(4096)\n",
                "        client.settimeout(max(end - time.time(), 0.001))\n        data = client.recv(4096)\n",
            ),
        ],
    ),
    mistake(
        "an error ends the server",
        &[(
            "        print(\"ERROR\", flush=True)\n",
            "        print(\"ERROR\", flush=True)\n        raise\n",
        )],
    ),
    mistake(
        "only one client is served",
        &[(
            "        serve(client, address)\n",
            "        serve(client, address)\n        listener.close()\n        return 0\n",
        )],
    ),
    mistake(
        "the file is kept in memory",
        &[
            ("    count = 0\n", "    file = b''\n"),
            ("count += len(data)", "file += data"),
            ("    return count", "    return len(file)"),
        ],
    ),
    mistake(
        "too few connections may wait",
        &[("listener.listen(10)", "listener.listen(1)")],
    ),
    mistake(
        "all clients are served concurrently",
        &[
            ("import sys\n", "import sys\nimport threading\n"),
            (
                "        serve(client, address)\n",
                "        threading.Thread(target=serve, args=(client, address), daemon=True).start()\n",
            ),
        ],
    ),
    mistake(
        "the connection is not closed",
        &[
            (
                "not_stopped = True\n\n",
                "not_stopped = True\nclients = []\n\n",
            ),
            ("    client.close()\n", "    clients.append(client)\n"),
        ],
    ),
    mistake(
        "no signal handler, or one that ends with another status",
        &[(
            "    global not_stopped\n    not_stopped = False\n",
            "    sys.exit(1)\n",
        )],
    ),
    mistake(
        "accept goes on waiting after the signal",
        &[("    listener.settimeout(1)\n", "")],
    ),
    mistake(
        "it ends when nobody comes",
        &[
            ("listener.settimeout(1)", "listener.settimeout(10)"),
            (
                "            continue\n",
                "            if not_stopped:\n                return 1\n            continue\n",
            ),
        ],
    ),
    mistake(
        "the count is not reset",
        &[
            (
                "not_stopped = True\n\n",
                "not_stopped = True\ncount = 0\n\n",
            ),
            ("    count = 0\n    while", "    global count\n    while"),
        ],
    ),
    mistake(
        "it listens on localhost only",
        &[("\"0.0.0.0\"", "\"localhost\"")],
    ),
    mistake(
        "an incorrect port ends in a traceback",
        &[("(OSError, OverflowError, ValueError)", "ZeroDivisionError")],
    ),
    mistake(
        "SO_REUSEADDR is not set",
        &[(
            "    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)\n",
            "",
        )],
    ),
];
