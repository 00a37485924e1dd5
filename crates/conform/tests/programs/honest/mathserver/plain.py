import random
import socket
import string
import sys

PORT = int(sys.argv[1]) if len(sys.argv) > 1 else 8000


def receive_answer(client):
    data = b""
    while len(data) < 4:
        received = client.recv(4 - len(data))
        if not received:
            return None
        data += received
    return int.from_bytes(data, "big")


def examine(client):
    for _ in range(random.randint(3, 10)):
        first = random.randrange(2**31)
        second = random.randrange(2**31)
        question = b"Q" + first.to_bytes(4, "big") + second.to_bytes(4, "big")
        client.sendall(question)
        if receive_answer(client) != first + second:
            return
    secret = "".join(random.choices(string.ascii_letters, k=8))
    client.sendall(b"S" + secret.encode())


with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as server:
    server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    server.bind(("0.0.0.0", PORT))
    server.listen()
    while True:
        client, address = server.accept()
        with client:
            try:
                examine(client)
            except ConnectionError:
                pass
