//! The mistakes of a message server.

use crate::Mistake;

pub(crate) const MISTAKES: &[Mistake] = &[
    careful(
        "One recv() is taken for the whole request",
        &[
            ("while len(data) < count:", "if count > 0:"),
            (
                "return bytes(data)",
                "if len(data) < count:\n        raise Erroneous(\"too few bytes\")\n    return bytes(data)",
            ),
        ],
    ),
    careful(
        "One send() is taken to send everything",
        &[("client.sendall(", "client.send(")],
    ),
    careful(
        "MessageLen is little-endian",
        &[
            ("header[5:], \"big\"", "header[5:], \"little\""),
            (
                "to_bytes(2, \"big\")\n        record",
                "to_bytes(2, \"little\")\n        record",
            ),
        ],
    ),
    careful(
        "Lengths are counted in characters",
        &[
            ("bytes([len(sender)])", "bytes([len(sender.decode())])"),
            ("len(text).to_bytes", "len(text.decode()).to_bytes"),
        ],
    ),
    careful(
        "The listening socket has a timeout of a second",
        &[(
            "listener.listen()",
            "listener.listen()\n            listener.settimeout(1)",
        )],
    ),
    careful(
        "recv() has no timeout",
        &[("client.settimeout(left)", "client.settimeout(None)")],
    ),
    careful(
        "An erroneous request ends the server",
        &[(
            "print(RED + \"ERROR: {}\".format(error) + END, file=sys.stderr)",
            "sys.exit(\"ERROR: {}\".format(error))",
        )],
    ),
    careful(
        "The socket of an erroneous request is not closed",
        &[(
            "finally:\n            client.close()",
            "finally:\n            store.setdefault(None, []).append(client)",
        )],
    ),
    careful(
        "The socket of a create request is not closed",
        &[(
            "client.close()\n    print(\"message stored",
            "store.setdefault(None, []).append(client.dup())\n    print(\"message stored",
        )],
    ),
    careful(
        "Nothing is sent when there are no messages",
        &[(
            "messages = queue[:255]",
            "messages = queue[:255]\n    if not messages:\n        return",
        )],
    ),
    careful(
        "Messages are not removed when they have been sent",
        &[("store[name] = queue[255:]", "store[name] = queue")],
    ),
    careful(
        "More than 255 messages are put in one response",
        &[("messages = queue[:255]", "messages = queue")],
    ),
    careful(
        "MoreMsgs is never 1",
        &[("1 if len(queue) > 255 else 0", "0")],
    ),
    careful(
        "MoreMsgs is 1 at 255 messages already",
        &[("len(queue) > 255", "len(queue) >= 255")],
    ),
    careful(
        "The newest message is sent first",
        &[(
            "queue.append((sender, text))",
            "queue.insert(0, (sender, text))",
        )],
    ),
    careful(
        "Messages are stored under the sender's name",
        &[(
            "store.setdefault(receiver, [])",
            "store.setdefault(sender, [])",
        )],
    ),
    careful(
        "A read request's ReceiverLen and MessageLen are not looked at",
        &[
            ("kind == 1 and receiver_len != 0", "False"),
            ("kind == 1 and message_len != 0", "False"),
        ],
    ),
    careful(
        "An error is caught, but nothing is printed",
        &[(
            "print(RED + \"ERROR: {}\".format(error) + END, file=sys.stderr)",
            "pass",
        )],
    ),
    careful(
        "The client's address is not printed",
        &[(
            "print(\"client {}, port {}\".format(host, port))",
            "print(\"a client\")",
        )],
    ),
    careful(
        "The second begins anew with every recv()",
        &[("left = deadline - time.monotonic()", "left = 1")],
    ),
    careful(
        "SO_REUSEADDR is not set",
        &[("SO_REUSEADDR, 1", "SO_REUSEADDR, 0")],
    ),
];

const fn careful(cause: &'static str, changes: &'static [(&'static str, &'static str)]) -> Mistake {
    Mistake {
        cause,
        program: "server/careful.py",
        changes,
    }
}
