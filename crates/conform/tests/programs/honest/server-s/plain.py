import signal
import socket
import sys

not_stopped = True


def stop(number, frame):
    global not_stopped
    not_stopped = False


def receive_confirmation(client, wanted):
    received = b""
    while received != wanted:
        data = client.recv(len(wanted) - len(received))
        if not data:
            raise OSError("closed early")
        received += data
        if not wanted.startswith(received):
            raise OSError("wrong confirmation")


def receive(client):
    client.settimeout(10)
    client.sendall(b"accio\r\n")
    receive_confirmation(client, b"confirm-accio\r\n")
    client.sendall(b"accio\r\n")
    receive_confirmation(client, b"confirm-accio-again\r\n\r\n")
    count = 0
    while True:
        data = client.recv(4096)
        if not data:
            break
        count += len(data)
    return count


def serve(client, address):
    try:
        print(receive(client), flush=True)
    except OSError as error:
        print("ERROR", flush=True)
        sys.stderr.write("ERROR: %s: %s\n" % (address, error))
    client.close()


def main():
    if len(sys.argv) != 2:
        sys.stderr.write("ERROR: usage: server-s.py PORT\n")
        return 1
    for number in (signal.SIGQUIT, signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop)
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind(("0.0.0.0", int(sys.argv[1])))
        listener.listen(10)
    except (OSError, OverflowError, ValueError) as error:
        sys.stderr.write("ERROR: incorrect port: %s\n" % error)
        return 1
    # A signal is noticed when nobody has connected for a second.
    listener.settimeout(1)
    while not_stopped:
        try:
            client, address = listener.accept()
        except socket.timeout:
            continue
        serve(client, address)
    return 0


if __name__ == "__main__":
    sys.exit(main())
