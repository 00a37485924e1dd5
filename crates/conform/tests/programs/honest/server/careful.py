"""A server that stores messages. One client after another, a second for each."""
import signal
import socket
import sys
import time

MAGIC = 0xAE73
RED, END = "\033[31m", "\033[0m"


class Erroneous(Exception):
    pass


def receive(client, count, deadline):
    data = bytearray()
    while len(data) < count:
        left = deadline - time.monotonic()
        if left <= 0:
            raise socket.timeout()
        client.settimeout(left)
        chunk = client.recv(count - len(data))
        if not chunk:
            raise Erroneous("the request is cut off")
        data += chunk
    return bytes(data)


def check_header(header):
    magic = int.from_bytes(header[:2], "big")
    kind, name_len, receiver_len = header[2:5]
    message_len = int.from_bytes(header[5:], "big")
    if magic != MAGIC:
        raise Erroneous("wrong MagicNo")
    if kind not in (1, 2):
        raise Erroneous("wrong ID")
    if name_len == 0:
        raise Erroneous("no name")
    if kind == 1 and receiver_len != 0:
        raise Erroneous("a read request with a receiver")
    if kind == 1 and message_len != 0:
        raise Erroneous("a read request with a message")
    if kind == 2 and receiver_len == 0:
        raise Erroneous("no receiver")
    if kind == 2 and message_len == 0:
        raise Erroneous("no message")
    return kind, name_len, receiver_len, message_len


def response(messages, more):
    record = bytearray(MAGIC.to_bytes(2, "big"))
    record += bytes([3, len(messages), more])
    for sender, text in messages:
        record += bytes([len(sender)])
        record += len(text).to_bytes(2, "big")
        record += sender + text
    return record


def create(client, store, sender, receiver, text):
    queue = store.setdefault(receiver, [])
    queue.append((sender, text))
    client.close()
    print("message stored: {!r} to {!r}".format(sender.decode(), receiver.decode()))


def read(client, store, name):
    queue = store.get(name, [])
    messages = queue[:255]
    more = 1 if len(queue) > 255 else 0
    client.sendall(response(messages, more))
    store[name] = queue[255:]
    client.close()
    print("messages sent: {}".format(len(messages)))


def serve(client, store):
    deadline = time.monotonic() + 1
    header = receive(client, 7, deadline)
    kind, *lengths = check_header(header)
    name, receiver, text = [receive(client, length, deadline) for length in lengths]
    client.settimeout(1)
    if kind == 2:
        create(client, store, name, receiver, text)
    else:
        read(client, store, name)


def loop(listener):
    store = {}
    while True:
        client, (host, port) = listener.accept()
        print("client {}, port {}".format(host, port))
        try:
            serve(client, store)
        except socket.timeout:
            print(RED + "ERROR: gap of a second" + END, file=sys.stderr)
        except (Erroneous, OSError, UnicodeError) as error:
            print(RED + "ERROR: {}".format(error) + END, file=sys.stderr)
        finally:
            client.close()


def main():
    if len(sys.argv) != 2 or not sys.argv[1].isdigit():
        sys.exit("usage: server.py PORT")
    port = int(sys.argv[1])
    if not 1024 <= port <= 64000:
        sys.exit("ERROR: the port is not between 1,024 and 64,000")
    signal.signal(signal.SIGINT, lambda *_: sys.exit(0))
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind(("0.0.0.0", port))
            listener.listen()
        except OSError as error:
            sys.exit("ERROR: port {}: {}".format(port, error))
        print("\033[1m*** message server ***\033[0m")
        loop(listener)


if __name__ == "__main__":
    main()
