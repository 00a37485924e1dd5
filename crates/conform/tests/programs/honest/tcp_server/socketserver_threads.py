import argparse
import random
import socketserver
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


class Handler(socketserver.StreamRequestHandler):
    def handle(self):
        while True:
            header = self.rfile.read(4)
            if len(header) < 4:
                return
            (word,) = struct.unpack(">I", header)
            length = word & 0x07FFFFFF
            data = self.rfile.read(length)
            if len(data) < length:
                return
            if ARGUMENTS.verbose:
                print("request of", length, "bytes", file=sys.stderr)
            self.wfile.write(answer(word >> 27, data))


class Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True


def options():
    parser = argparse.ArgumentParser(prog="tcp_server.py", add_help=False)
    parser.add_argument("--help", action="help")
    parser.add_argument("-v", "--verbose", action="store_true")
    parser.add_argument("--port", "-p", type=int, default=8083)
    return parser.parse_args()


ARGUMENTS = options()
with Server(("", ARGUMENTS.port), Handler) as server:
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        print("stopped", file=sys.stderr)
