"""A thread for each client; nothing but SIGKILL ends it."""
import random
import socket
import struct
import sys
import threading


def examine(client, name):
    try:
        stream = client.makefile("rwb")
        for number in range(1, random.randint(2, 12)):
            first, second = random.randint(0, 10**6), random.randint(0, 10**6)
            stream.write(struct.pack("!cII", b"Q", first, second))
            stream.flush()
            answer = stream.read(4)
            print(f"{name}: question {number}: {answer!r}")
            if answer != struct.pack("!I", first + second):
                client.shutdown(socket.SHUT_RDWR)
                return
        stream.write(b"S" + b"%08d" % random.randrange(10**8))
        stream.flush()
        client.shutdown(socket.SHUT_WR)
    except:
        print(name, "failed", file=sys.stderr)


listener = socket.socket()
listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
listener.bind(("", int(sys.argv[1]) if sys.argv[1:] else 8000))
listener.listen()
print("=== MATH SERVER ===")
while True:
    try:
        client, address = listener.accept()
        threading.Thread(target=examine, args=(client, address)).start()
    except:
        continue
