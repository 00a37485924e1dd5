import signal
import socket
import sys

not_stopped = True


def stop(number, frame):
    global not_stopped
    not_stopped = False


def confirm(client, wanted):
    client.sendall(b"accio\r\n")
    received = b""
    while wanted not in received:
        data = client.recv(1024)
        if not data:
            raise OSError("closed")
        received += data
    # What has come behind it belongs to the file.
    return len(received) - len(wanted)


def receive(client):
    client.settimeout(10)
    confirm(client, b"confirm-accio\r\n")
    count = confirm(client, b"confirm-accio-again\r\n\r\n")
    while True:
        data = client.recv(4096)
        if not data:
            return count
        count += len(data)


def main():
    if len(sys.argv) != 2:
        sys.stderr.write("ERROR: usage: server-s.py PORT\n")
        return 1
    for number in (signal.SIGQUIT, signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop)
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
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
        with client:
            try:
                print(receive(client))
            except OSError:
                print("ERROR")
    return 0


if __name__ == "__main__":
    sys.exit(main())
