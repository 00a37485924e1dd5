import io
import pickle
import signal
import socket
import sys

MAX_NUM_CONN = 10


class Careful(pickle.Unpickler):
    def find_class(self, module, name):
        raise pickle.UnpicklingError(f"{module}.{name} is forbidden")


def handle(clienthandler, client_id):
    stream = clienthandler.makefile("rb")
    clienthandler.sendall(pickle.dumps({"clientid": client_id}))
    while stream.peek(1):
        data = Careful(stream).load()
        if isinstance(data, dict) and "student_name" in data:
            line = (
                f"Connected: Student: {data['student_name']}, "
                f"Github Username: {data['github_username']}, sid: {data['sid']}"
            )
            print("".join(c if c.isprintable() else repr(c)[1:-1] for c in line), flush=True)
        else:
            print(f"Client {client_id}: {data!r}", flush=True)
        clienthandler.sendall(pickle.dumps("server got the data"))


def main():
    host = sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1"
    port = int(sys.argv[2]) if len(sys.argv) > 2 else 12000
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: sys.exit(0))
    serversocket = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    serversocket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    serversocket.bind((host, port))
    serversocket.listen(MAX_NUM_CONN)
    print(f"Server listening at {host}/{port}", flush=True)
    while True:
        clienthandler, addr = serversocket.accept()
        client_id = addr[1]
        try:
            handle(clienthandler, client_id)
        except Exception as error:
            print(f"Client {client_id}: {error!r}", file=sys.stderr)
        finally:
            clienthandler.close()


if __name__ == "__main__":
    main()
