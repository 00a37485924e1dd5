import logging
import pickle
import socketserver
import sys

logging.basicConfig(level=logging.DEBUG)


class Handler(socketserver.StreamRequestHandler):
    def handle(self):
        client_id = self.client_address[1]
        logging.info("client %d", client_id)
        pickle.dump({"clientid": client_id}, self.wfile)
        try:
            while True:
                logging.info("client %d: %r", client_id, pickle.load(self.rfile))
                pickle.dump({"status": "received"}, self.wfile)
        except EOFError:
            logging.info("client %d has left", client_id)
        except Exception:
            logging.exception("client %d", client_id)


class Server(socketserver.TCPServer):
    request_queue_size = 10
    allow_reuse_address = True


Server((sys.argv[1], int(sys.argv[2])), Handler).serve_forever()
