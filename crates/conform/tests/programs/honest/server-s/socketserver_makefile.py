# With a banner, colours, a log on standard error, and ERROR there too.
import logging
import signal
import socketserver
import sys
import threading

logging.basicConfig(level=logging.INFO)


class Handler(socketserver.StreamRequestHandler):
    timeout = 10

    def handle(self):
        logging.info("connection from %s", self.client_address)
        try:
            print(self.count())
        except Exception:
            sys.stderr.write("ERROR\n")

    def count(self):
        self.wfile.write(b"accio\r\n")
        if self.rfile.readline() != b"confirm-accio\r\n":
            raise ValueError
        self.wfile.write(b"accio\r\n")
        if self.rfile.readline() + self.rfile.readline() != b"confirm-accio-again\r\n\r\n":
            raise ValueError
        total = 0
        for piece in iter(lambda: self.rfile.read1(10000), b""):
            total += len(piece)
        return total


class Server(socketserver.TCPServer):
    allow_reuse_address = True
    request_queue_size = 10


def main():
    try:
        server = Server(("0.0.0.0", int(sys.argv[1])), Handler)
    except Exception as error:
        sys.exit("ERROR: %s" % error)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGTERM, signal.SIGQUIT})
    print("\033[32mServer is listening on port %s\033[0m" % sys.argv[1])
    signal.sigwait({signal.SIGINT, signal.SIGTERM, signal.SIGQUIT})


if __name__ == "__main__":
    main()
