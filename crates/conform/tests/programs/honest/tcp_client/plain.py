import argparse
import socket
import struct
import sys

ACTIONS = {
    "uppercase": 0x01,
    "lowercase": 0x02,
    "reverse": 0x04,
    "shuffle": 0x08,
    "random": 0x10,
}


def pack(line):
    action, message = line.split(" ", 1)
    data = message.encode()
    return struct.pack("!I", ACTIONS[action] << 27 | len(data)) + data


def receive(server, length):
    data = b""
    while len(data) < length:
        chunk = server.recv(length - len(data))
        if not chunk:
            raise ConnectionError("the server closed the connection")
        data += chunk
    return data


def run(host, port, lines):
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as server:
        server.connect((host, port))
        requests = [pack(line.rstrip("\n")) for line in lines]
        server.sendall(b"".join(requests))
        for _ in requests:
            (length,) = struct.unpack("!I", receive(server, 4))
            print(receive(server, length).decode())


def main():
    parser = argparse.ArgumentParser(add_help=False)
    parser.add_argument("--help", action="help")
    parser.add_argument("-v", "--verbose", action="store_true")
    parser.add_argument("-h", "--host", default="localhost")
    parser.add_argument("-p", "--port", type=int, default=8083)
    parser.add_argument("file", type=argparse.FileType())
    arguments = parser.parse_args()
    try:
        run(arguments.host, arguments.port, arguments.file)
    except OSError as error:
        print(f"tcp_client.py: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
