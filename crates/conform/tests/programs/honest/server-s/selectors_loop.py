# Swallows every error; the client that is served and the listener are looked at with a selector.
import selectors
import signal
import socket
import sys
import time


def wait(selector, seconds):
    deadline = time.time() + seconds
    while time.time() < deadline and running:
        if selector.select(0.5):
            return True
    return False


def stop(*_):
    global running
    running = False


def receive(client, most):
    selector = selectors.DefaultSelector()
    selector.register(client, selectors.EVENT_READ)
    if not wait(selector, 10):
        raise TimeoutError
    return client.recv(most)


def count(client):
    header = b"confirm-accio\r\nconfirm-accio-again\r\n\r\n"
    received = b""
    client.sendall(b"accio\r\n")
    while len(received) < 15:
        received += receive(client, 15 - len(received)) or sys.exit("closed")
    client.sendall(b"accio\r\n")
    while len(received) < len(header):
        received += receive(client, 1024) or sys.exit("closed")
    if not received.startswith(header):
        raise ValueError("wrong confirmation")
    length = len(received)
    while True:
        data = receive(client, 100000)
        if data == b"":
            return length - len(header)
        length += len(data)


running = True
for name in "SIGINT", "SIGTERM", "SIGQUIT":
    signal.signal(getattr(signal, name), stop)
try:
    listener = socket.create_server(("0.0.0.0", int(sys.argv[1])), backlog=10)
except BaseException as error:
    sys.stderr.write("ERROR: %s\n" % error)
    sys.exit(2)
accepting = selectors.DefaultSelector()
accepting.register(listener, selectors.EVENT_READ)
while running:
    if not wait(accepting, 1):
        continue
    try:
        client, _ = listener.accept()
        print(count(client))
    except:
        print("ERROR")
    client.close()
