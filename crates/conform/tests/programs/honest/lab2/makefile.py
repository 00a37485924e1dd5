import argparse
import io
import pickle
import socket
import sys


class Careful(pickle.Unpickler):
    def find_class(self, module, name):
        raise pickle.UnpicklingError(f"{module}.{name} is forbidden")


def load(stream):
    return Careful(stream).load()


def exchange(host, port, data):
    with socket.create_connection((host, port), timeout=10) as client:
        stream = client.makefile("rb")
        client_id = load(stream)
        client_id = client_id["clientid"] if isinstance(client_id, dict) else client_id
        print(f"Client id {client_id} assigned by server", flush=True)
        client.sendall(pickle.dumps(data))
        print(load(stream), flush=True)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=12000)
    parser.add_argument("student_name")
    parser.add_argument("github_username")
    parser.add_argument("sid")
    words = parser.parse_args()
    sid = int(words.sid) if words.sid.isdigit() else words.sid
    data = {
        "student_name": words.student_name,
        "github_username": words.github_username,
        "sid": sid,
    }
    try:
        exchange(words.host, words.port, data)
    except Exception as error:
        print("ERROR:", repr(error), file=sys.stderr)
        return 1
    return 0


sys.exit(main())
