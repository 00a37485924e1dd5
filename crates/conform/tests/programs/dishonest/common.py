"""What the dishonest programs share: the word that marks them, and a server that is wrong.

The last argument is the port. The first is the mark, a folder: its file `outside` has an address
that nobody inside may reach. Who gets something that it should not have says REACHED.
"""
import os
import socket
import sys

MARK = sys.argv[1]
PORT = int(sys.argv[-1])


def reached(what):
    print("REACHED", what, flush=True)


def attempt(what, act):
    """It should be an error."""
    try:
        act()
    except Exception as error:
        print("refused:", what, type(error).__name__, flush=True)
    else:
        reached(what)


def others():
    """All processes that it sees but itself and those that have nothing to do with this run.

    Where it is not confined it is to do no harm to others on this machine.
    """
    for name in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{name}/cmdline", "rb") as line:
                if MARK.encode() in line.read() and int(name) != os.getpid():
                    yield int(name)
        except OSError:
            pass


def fork_and_leave():
    """Goes on as a daemon; returns whether this is it."""
    if os.fork():
        return False
    os.setsid()
    if os.fork():
        os._exit(0)
    return True


def serve():
    """Answers whatever is sent, but never what is right."""
    with socket.create_server(("0.0.0.0", PORT)) as listener:
        while True:
            client, _ = listener.accept()
            with client:
                client.recv(1 << 16)
                client.sendall(b"\0\0\0\x05wrong")
