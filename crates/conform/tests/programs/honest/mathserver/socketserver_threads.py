import random
import socketserver
import sys


class Examiner(socketserver.BaseRequestHandler):
    def handle(self):
        for _ in range(random.randint(1, 5)):
            numbers = [random.getrandbits(30), random.getrandbits(30)]
            question = b"Q" + b"".join(number.to_bytes(4, "big") for number in numbers)
            self.request.sendall(question)
            answer = b""
            while len(answer) < 4:
                data = self.request.recv(4 - len(answer))
                if not data:
                    return
                answer += data
            if int.from_bytes(answer, "big") != sum(numbers):
                return
        self.request.sendall(b"Sopensesa")


class Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True


Server(("", int((sys.argv + [8000])[1])), Examiner).serve_forever()
