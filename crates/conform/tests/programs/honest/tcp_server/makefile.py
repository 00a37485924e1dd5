"""Files on sockets; what goes wrong with one client is swallowed."""
import argparse
import random
import socket
import struct
import sys


def drop_and_repeat(text):
    kept = [
        c * (int(random.paretovariate(1)) if random.randrange(6) == 0 else 1)
        for c in text
        if random.randrange(6)
    ]
    return "".join(kept) or text[:1]


ACTIONS = {
    1: str.upper,
    2: str.lower,
    4: lambda text: "".join(reversed(text)),
    8: lambda text: "".join(random.sample(text, len(text))),
    16: drop_and_repeat,
}


def answer(action, data):
    try:
        data = ACTIONS[action](data.decode()).encode()
    except (KeyError, UnicodeDecodeError):
        data = b"error"
    return struct.pack(">I", len(data)) + data



def options():
    parser = argparse.ArgumentParser(prog="tcp_server.py", add_help=False)
    parser.add_argument("--help", action="help")
    parser.add_argument("-v", "--verbose", action="store_true")
    parser.add_argument("--port", "-p", type=int, default=8083)
    return parser.parse_args()


def serve(client):
    with client, client.makefile("rb") as requests, client.makefile("wb") as responses:
        while True:
            header = requests.read(4)
            if len(header) < 4:
                break
            word = struct.unpack("!I", header)[0]
            data = requests.read(word & (1 << 27) - 1)
            responses.write(answer(word >> 27, data))
            responses.flush()
            if ARGUMENTS.verbose:
                print("answered", len(data), "bytes", file=sys.stderr)


def main():
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(("", ARGUMENTS.port))
    listener.listen(1)
    if ARGUMENTS.verbose:
        print("waiting for a client", file=sys.stderr)
    while True:
        client, _ = listener.accept()
        try:
            serve(client)
        except Exception:
            pass


ARGUMENTS = options()
try:
    main()
except KeyboardInterrupt:
    sys.exit(0)
