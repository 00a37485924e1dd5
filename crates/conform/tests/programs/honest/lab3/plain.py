import pickle
import socket
import sys

# The course fixes both; where to listen can be said as well.
HOST = sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1"
PORT = int(sys.argv[2]) if len(sys.argv) > 2 else 12000
MAX_NUM_CONN = 10
MAX_ALLOC_MEM = 4096


def handle(clienthandler, client_id):
    clienthandler.send(pickle.dumps({"clientid": client_id}))
    while True:
        data_from_client = clienthandler.recv(MAX_ALLOC_MEM)
        if not data_from_client:
            return
        data = pickle.loads(data_from_client)
        if isinstance(data, dict) and "student_name" in data:
            print(
                f"Connected: Student: {data['student_name']}, "
                f"Github Username: {data['github_username']}, sid: {data['sid']}"
            )
        else:
            print(f"Client {client_id}: {data}")
        clienthandler.send(pickle.dumps("server got the data"))


def main():
    serversocket = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    serversocket.bind((HOST, PORT))
    serversocket.listen(MAX_NUM_CONN)
    print(f"Server listening at {HOST}/{PORT}")
    while True:
        clienthandler, addr = serversocket.accept()
        client_id = addr[1]
        try:
            handle(clienthandler, client_id)
        except Exception as error:
            print(f"Client {client_id}: {error!r}")
        finally:
            clienthandler.close()


if __name__ == "__main__":
    main()
