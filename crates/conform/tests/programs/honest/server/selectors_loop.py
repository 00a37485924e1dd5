# An event loop: each client has a buffer and a deadline.
import selectors
import socket
import sys
import time

sel = selectors.DefaultSelector()
store = {}


class Client:
    def __init__(self, sock, addr):
        self.sock = sock
        self.addr = addr
        self.incoming = b""
        self.outgoing = b""
        self.deadline = time.monotonic() + 1
        self.done = "nothing"

    def close(self):
        sel.unregister(self.sock)
        self.sock.close()

    def fail(self, why):
        print("ERROR {}:{} {}".format(self.addr[0], self.addr[1], why))
        self.close()

    def readable(self):
        data = self.sock.recv(65536)
        if not data:
            self.fail("closed too early")
            return
        self.incoming += data
        if len(self.incoming) < 7:
            return
        h = self.incoming[:7]
        n, r, m = h[3], h[4], h[5] * 256 + h[6]
        if h[:2] != b"\xae\x73":
            self.fail("magic number is {}".format(h[:2].hex()))
        elif h[2] not in (1, 2):
            self.fail("ID is {}".format(h[2]))
        elif n < 1:
            self.fail("NameLen is 0")
        elif (h[2] == 1 and r != 0) or (h[2] == 2 and r < 1):
            self.fail("ReceiverLen is {}".format(r))
        elif (h[2] == 1 and m != 0) or (h[2] == 2 and m < 1):
            self.fail("MessageLen is {}".format(m))
        elif len(self.incoming) > 7 + n + r + m:
            self.fail("too many bytes")
        elif len(self.incoming) == 7 + n + r + m:
            body = self.incoming[7:]
            self.complete(h[2], body[:n], body[n : n + r], body[n + r :])

    def complete(self, kind, name, receiver, text):
        if kind == 2:
            store.setdefault(receiver, []).append((name, text))
            print("{} -> {}".format(name.decode(errors="replace"), receiver.decode(errors="replace")))
            self.close()
            return
        mine = store.pop(name, [])
        if len(mine) > 255:
            store[name] = mine[255:]
        more = 1 if len(mine) > 255 else 0
        mine = mine[:255]
        out = bytearray(b"\xae\x73\x03") + bytes([len(mine), more])
        for sender, text in mine:
            out += bytes([len(sender)]) + len(text).to_bytes(2, "big") + sender + text
        self.outgoing = memoryview(out)
        self.done = "sent {} messages".format(len(mine))
        sel.modify(self.sock, selectors.EVENT_WRITE, self)

    def writable(self):
        sent = self.sock.send(self.outgoing)
        self.outgoing = self.outgoing[sent:]
        self.deadline = time.monotonic() + 1
        if not self.outgoing:
            print(self.done)
            self.close()


def main(port):
    listener = socket.create_server(("0.0.0.0", port))
    listener.setblocking(False)
    sel.register(listener, selectors.EVENT_READ, None)
    while True:
        for key, events in sel.select(0.1):
            if key.data is None:
                sock, addr = listener.accept()
                sock.setblocking(False)
                print("new client {} on port {}".format(addr[0], addr[1]))
                sel.register(sock, selectors.EVENT_READ, Client(sock, addr))
                continue
            try:
                if events & selectors.EVENT_READ:
                    key.data.readable()
                else:
                    key.data.writable()
            except OSError as error:
                key.data.fail(str(error))
        now = time.monotonic()
        for key in list(sel.get_map().values()):
            if key.data is not None and key.data.deadline < now:
                key.data.fail("too slow")


try:
    if len(sys.argv) != 2:
        raise ValueError("exactly one argument, the port")
    number = int(sys.argv[1])
    if not 1024 <= number <= 64000:
        raise ValueError("the port has to be in 1024..64000")
    main(number)
except (ValueError, OSError) as problem:
    print("Error:", problem)
