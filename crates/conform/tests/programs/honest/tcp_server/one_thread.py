"""One thread, all clients."""
import argparse
import random
import selectors
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


class Client:
    def __init__(self, sock):
        self.sock = sock
        self.input = bytearray()
        self.output = bytearray()

    def take(self):
        while len(self.input) >= 4:
            (word,) = struct.unpack(">I", self.input[:4])
            end = 4 + (word & 0x7FFFFFF)
            if len(self.input) < end:
                return
            self.output += answer(word >> 27, bytes(self.input[4:end]))
            del self.input[:end]


def options():
    parser = argparse.ArgumentParser(prog="tcp_server.py", add_help=False)
    parser.add_argument("--help", action="help")
    parser.add_argument("-v", "--verbose", action="store_true")
    parser.add_argument("--port", "-p", type=int, default=8083)
    return parser.parse_args()


def log(text):
    if ARGUMENTS.verbose:
        sys.stderr.write(text + "\n")


def handle(client, events):
    if events & selectors.EVENT_READ:
        data = client.sock.recv(1 << 16)
        if not data:
            return False
        client.input += data
        log("%d bytes" % len(data))
        client.take()
    if client.output:
        try:
            del client.output[: client.sock.send(client.output)]
        except BlockingIOError:
            pass
    return True


def main():
    selector = selectors.DefaultSelector()
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(("0.0.0.0", ARGUMENTS.port))
    listener.listen()
    selector.register(listener, selectors.EVENT_READ)
    while True:
        for key, events in selector.select():
            if key.data is None:
                sock, address = listener.accept()
                log("connection from %s:%d" % address)
                sock.setblocking(False)
                selector.register(sock, selectors.EVENT_READ, Client(sock))
                continue
            client = key.data
            try:
                alive = handle(client, events)
            except ConnectionError:
                alive = False
            if alive:
                events = selectors.EVENT_READ
                if client.output:
                    events |= selectors.EVENT_WRITE
                selector.modify(client.sock, events, client)
            else:
                selector.unregister(client.sock)
                client.sock.close()


ARGUMENTS = options()
try:
    main()
except KeyboardInterrupt:
    log("shut down")
except OSError as error:
    sys.exit("tcp_server.py: %s" % error)
