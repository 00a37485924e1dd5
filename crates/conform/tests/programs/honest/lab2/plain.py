import argparse
import pickle
import socket

MAX_ALLOC_MEM = 4096


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=12000)
    parser.add_argument("student_name")
    parser.add_argument("github_username")
    parser.add_argument("sid", type=int)
    arguments = parser.parse_args()

    client = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    client.connect((arguments.host, arguments.port))
    client_id = pickle.loads(client.recv(MAX_ALLOC_MEM))
    if isinstance(client_id, dict):
        client_id = client_id["clientid"]
    print(f"Client id {client_id} assigned by server")

    data = {
        "student_name": arguments.student_name,
        "github_username": arguments.github_username,
        "sid": arguments.sid,
    }
    client.send(pickle.dumps(data))
    print(pickle.loads(client.recv(MAX_ALLOC_MEM)))
    client.close()


if __name__ == "__main__":
    main()
