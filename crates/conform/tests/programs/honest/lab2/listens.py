# Listens until there is no more data, as the README of the course says; asks for what it is not told.
import pickle
import socket
import sys

host, port = "127.0.0.1", 12000
words = sys.argv[1:]
while len(words) > 1 and words[0].startswith("--"):
    if words[0] == "--host":
        host = words[1]
    else:
        port = int(words[1])
    words = words[2:]
while len(words) < 3:
    words.append(input("\033[1mname, username, sid?\033[0m "))

client = socket.socket()
client.connect((host, port))
print("Successfully connected to server:", host, port)
data = pickle.loads(client.recv(4096))
print("\033[32mYour id is", data["clientid"], "\033[0m")
client.send(pickle.dumps({"student_name": words[0], "github_username": words[1], "sid": words[2]}, 2))
while True:
    reply = client.recv(4096)
    if not reply:
        break
    print("Server:", pickle.loads(reply))
client.close()
