"""A client in which everything stands: whose it is, and where its server listens."""

import pickle
import socket

HOST = "127.0.0.1"
PORT = 12000


class Client:
    def __init__(self):
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        self.id = None
        self.student_name = "Grace Brewster"
        self.github_username = "gbrewster"
        self.sid = 911223344

    def receive(self):
        return pickle.loads(self.socket.recv(4096))

    def run(self):
        self.socket.connect((HOST, PORT))
        self.id = self.receive()["clientid"]
        print("Client id", self.id, "assigned by server")
        data = {
            "student_name": self.student_name,
            "github_username": self.github_username,
            "sid": self.sid,
        }
        self.socket.send(pickle.dumps(data))
        while True:
            print(self.receive())


if __name__ == "__main__":
    Client().run()
