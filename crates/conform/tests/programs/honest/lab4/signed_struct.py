import socket
import struct
import sys

sock = socket.create_connection((sys.argv[1], int(sys.argv[2])))
stream = sock.makefile("rwb")
while True:
    kind, first, second = struct.unpack(">cii", stream.read(9))
    if kind == b"S":
        break
    stream.write(struct.pack(">i", first + second))
    stream.flush()
print(struct.pack(">ii", first, second))
