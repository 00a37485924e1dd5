# socketserver, whose rfile reads exactly as many bytes as are asked for.
import socketserver
import sys
import threading

LOCK = threading.Lock()
STORE = {}


class Handler(socketserver.StreamRequestHandler):
    timeout = 1

    def exactly(self, count):
        data = self.rfile.read(count)
        if len(data) != count:
            raise ValueError("{} of {} bytes".format(len(data), count))
        return data

    def handle(self):
        print("Client:", *self.client_address, flush=True)
        try:
            self.answer()
        except Exception as error:
            print("Bad request:", error, file=sys.stderr)

    def answer(self):
        header = self.exactly(7)
        if header[0:2] != bytes([0xAE, 0x73]):
            raise ValueError("magic number")
        kind, name, receiver = header[2], header[3], header[4]
        text = int.from_bytes(header[5:7], "big")
        if kind == 1:
            if receiver or text:
                raise ValueError("lengths of a read request")
        elif kind == 2:
            if not receiver or not text:
                raise ValueError("lengths of a create request")
        else:
            raise ValueError("type of request")
        if not name:
            raise ValueError("length of the name")
        name, receiver, text = self.exactly(name), self.exactly(receiver), self.exactly(text)
        if kind == 2:
            with LOCK:
                STORE.setdefault(receiver, []).append((name, text))
            print("Stored from", name, "for", receiver)
            return
        with LOCK:
            mine, STORE[name] = STORE.get(name, [])[:255], STORE.get(name, [])[255:]
            more = len(STORE[name]) > 0
        self.wfile.write(bytes([0xAE, 0x73, 3, len(mine), more]))
        for sender, text in mine:
            self.wfile.write(bytes([len(sender)]) + len(text).to_bytes(2, "big"))
            self.wfile.write(sender + text)
        print("Sent", len(mine))


class Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    request_queue_size = 50


try:
    [port] = map(int, sys.argv[1:])
    if port not in range(1024, 64001):
        raise ValueError("port not in 1024 to 64000")
    with Server(("0.0.0.0", port), Handler) as server:
        server.serve_forever()
except (ValueError, OSError) as error:
    print("Cannot start:", error)
except KeyboardInterrupt:
    print("Bye")
