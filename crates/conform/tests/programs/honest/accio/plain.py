import socket
import sys


def wait_for_command(server):
    received = b""
    while not received.endswith(b"accio\r\n"):
        data = server.recv(1)
        if not data:
            raise OSError("the server closed")
        received += data


def send_file(host, port, name):
    with open(name, "rb") as file:
        with socket.create_connection((host, port), timeout=10) as server:
            wait_for_command(server)
            server.sendall(b"confirm-accio\r\n")
            wait_for_command(server)
            server.sendall(b"confirm-accio-again\r\n\r\n")
            while True:
                data = file.read(10000)
                if not data:
                    return
                server.sendall(data)


def main():
    if len(sys.argv) != 4:
        sys.stderr.write("ERROR: usage: accio.py HOST PORT FILE\n")
        return 1
    try:
        send_file(sys.argv[1], int(sys.argv[2]), sys.argv[3])
    except (OSError, OverflowError, ValueError) as error:
        sys.stderr.write("ERROR: %s\n" % error)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
