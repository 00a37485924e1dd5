import socket
import sys

MAGIC = 0xAE73
READ = 1
CREATE = 2
RESPONSE = 3


class Erroneous(Exception):
    pass


def receive(client, count):
    data = bytearray()
    while len(data) < count:
        chunk = client.recv(count - len(data))
        if not chunk:
            raise Erroneous("the client closed the connection too early")
        data += chunk
    return bytes(data)


def read_request(client):
    header = receive(client, 7)
    magic = int.from_bytes(header[:2], "big")
    kind, name_len, receiver_len = header[2:5]
    message_len = int.from_bytes(header[5:], "big")
    if magic != MAGIC:
        raise Erroneous("wrong magic number")
    if kind not in (READ, CREATE):
        raise Erroneous("wrong ID")
    if name_len < 1:
        raise Erroneous("there is no name")
    if (kind == CREATE) != (receiver_len > 0):
        raise Erroneous("wrong length of the receiver")
    if (kind == CREATE) != (message_len > 0):
        raise Erroneous("wrong length of the message")
    name = receive(client, name_len)
    receiver = receive(client, receiver_len)
    return kind, name, receiver, receive(client, message_len)


def make_response(messages, more):
    record = bytearray(MAGIC.to_bytes(2, "big"))
    record += bytes([RESPONSE, len(messages), more])
    for sender, text in messages:
        record += bytes([len(sender)]) + len(text).to_bytes(2, "big")
        record += sender + text
    return record


def serve(client, store):
    kind, name, receiver, text = read_request(client)
    if kind == CREATE:
        store.setdefault(receiver, []).append((name, text))
        client.close()
        sender, receiver = name.decode(), receiver.decode()
        print("stored a message from {} to {}".format(sender, receiver))
        return
    stored = store.get(name, [])
    client.sendall(make_response(stored[:255], len(stored) > 255))
    store[name] = stored[255:]
    client.close()
    print("sent {} messages".format(len(stored[:255])))


def run(port):
    store = {}
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as listener:
        listener.bind(("0.0.0.0", port))
        listener.listen()
        while True:
            client, address = listener.accept()
            client.settimeout(1)
            print("connection from {} port {}".format(*address))
            try:
                serve(client, store)
            except socket.timeout:
                print("ERROR: no bytes for a second")
            except (Erroneous, OSError, UnicodeError) as error:
                print("ERROR: {}".format(error))
            client.close()


def main():
    if len(sys.argv) != 2:
        print("usage: server.py PORT")
        return
    try:
        port = int(sys.argv[1])
    except ValueError:
        print("ERROR: the port is not a number")
        return
    if not 1024 <= port <= 64000:
        print("ERROR: the port is not between 1,024 and 64,000")
        return
    try:
        run(port)
    except OSError as error:
        print("ERROR: {}".format(error))


if __name__ == "__main__":
    main()
