import argparse
import logging
import random
import socket
import struct
import sys

USAGE = """Usage: tcp_server.py [--help] [-v] [-p PORT]

Options:
  --help
  -v, --verbose
  --port PORT, -p PORT"""


def drop_and_repeat(message):
    kept = []
    for character in message:
        if random.randrange(6) == 0:
            continue
        copies = int(random.paretovariate(1)) if random.randrange(6) == 0 else 1
        kept.append(character * copies)
    return "".join(kept) or message[:1]


ACTIONS = {
    0x01: str.upper,
    0x02: str.lower,
    0x04: lambda message: message[::-1],
    0x08: lambda message: "".join(random.sample(message, len(message))),
    0x10: drop_and_repeat,
}


class Closed(Exception):
    pass


def receive(client, length):
    data = bytearray()
    while len(data) < length:
        chunk = client.recv(min(4096, length - len(data)))
        if not chunk:
            raise Closed
        data += chunk
    return bytes(data)


def handle(client):
    while True:
        (word,) = struct.unpack("!I", receive(client, 4))
        action, length = word >> 27, word & 0x07FFFFFF
        logging.info("action %d, %d bytes", action, length)
        data = receive(client, length)
        try:
            answer = ACTIONS[action](data.decode()).encode()
        except (KeyError, ValueError):
            answer = b"error"
        client.sendall(struct.pack("!I", len(answer)) + answer)


def serve(port):
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("", port))
        listener.listen()
        logging.info("listening on port %d", port)
        while True:
            client, address = listener.accept()
            logging.info("connection from %s", address)
            with client:
                try:
                    handle(client)
                except Closed:
                    logging.info("%s is gone", address)


def main():
    parser = argparse.ArgumentParser(add_help=False)
    parser.add_argument("--help", action="store_true")
    parser.add_argument("-v", "--verbose", action="store_true")
    parser.add_argument("-p", "--port", type=int, default=8083)
    arguments = parser.parse_args()
    if arguments.help:
        print(USAGE)
        return 0
    if arguments.verbose:
        logging.basicConfig(level=logging.INFO)
    try:
        serve(arguments.port)
    except KeyboardInterrupt:
        logging.info("shutting down")
    except OSError as error:
        print(f"tcp_server.py: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
