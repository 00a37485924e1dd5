import socket
import sys

HOST = sys.argv[1]
PORT = int(sys.argv[2])


def receive_message(sock):
    data = b""
    while len(data) < 9:
        received = sock.recv(4096)
        if not received:
            raise ConnectionError("the server closed the connection early")
        data += received
    return data


with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as sock:
    sock.connect((HOST, PORT))
    message = receive_message(sock)
    while message[:1] == b"Q":
        first = int.from_bytes(message[1:5], "big")
        second = int.from_bytes(message[5:9], "big")
        answer = (first + second).to_bytes(4, "big")
        sock.sendall(answer)
        message = receive_message(sock)
    print(message[1:9].decode())
