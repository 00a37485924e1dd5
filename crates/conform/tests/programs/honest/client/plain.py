import socket
import sys

MAGIC = 0xAE73
READ = 1
CREATE = 2
RESPONSE = 3


class Problem(Exception):
    pass


def receive(server, count):
    data = bytearray()
    while len(data) < count:
        chunk = server.recv(count - len(data))
        if not chunk:
            raise Problem("the server closed the connection too early")
        data += chunk
    return bytes(data)


def ask(what, limit):
    while True:
        entry = input("{}: ".format(what)).encode("utf-8")
        if 1 <= len(entry) < limit:
            return entry
        print("ERROR: enter 1 to {} bytes".format(limit - 1))


def make_request(kind, name, receiver=b"", text=b""):
    record = bytearray(MAGIC.to_bytes(2, "big"))
    record += bytes([kind, len(name), len(receiver)])
    record += len(text).to_bytes(2, "big")
    return record + name + receiver + text


def print_response(server):
    header = receive(server, 5)
    items, more = header[3:]
    if int.from_bytes(header[:2], "big") != MAGIC:
        raise Problem("wrong magic number")
    if header[2] != RESPONSE:
        raise Problem("wrong ID")
    if more not in (0, 1):
        raise Problem("wrong MoreMsgs")
    if items == 0:
        print("no messages")
    for _ in range(items):
        message_header = receive(server, 3)
        sender_len = message_header[0]
        text_len = int.from_bytes(message_header[1:], "big")
        if sender_len < 1 or text_len < 1:
            raise Problem("a sender or a message is empty")
        sender = receive(server, sender_len).decode("utf-8")
        text = receive(server, text_len).decode("utf-8")
        print("{} wrote: {}".format(sender, text))
    if more:
        print("there are more messages")


def run(host, port, name, kind):
    address = socket.getaddrinfo(host, port, socket.AF_INET, socket.SOCK_STREAM)
    if kind == "read":
        request = make_request(READ, name)
    else:
        receiver = ask("receiver", 255)
        request = make_request(CREATE, name, receiver, ask("message", 65535))
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as server:
        server.settimeout(1)
        server.connect(address[0][4])
        server.sendall(request)
        print("the request is sent")
        if kind == "read":
            print_response(server)


def main():
    if len(sys.argv) != 5:
        raise Problem("usage: client.py HOST PORT NAME read|create")
    host, port, name, kind = sys.argv[1:]
    if not port.isdigit() or not 1024 <= int(port) <= 64000:
        raise Problem("the port is not between 1,024 and 64,000")
    name = name.encode("utf-8")
    if not 1 <= len(name) <= 255:
        raise Problem("the name must have 1 to 255 bytes")
    if kind not in ("read", "create"):
        raise Problem("the type is neither read nor create")
    run(host, int(port), name, kind)


if __name__ == "__main__":
    try:
        main()
    except socket.timeout:
        print("ERROR: a gap of more than a second")
    except (Problem, OSError, UnicodeError) as error:
        print("ERROR: {}".format(error))
