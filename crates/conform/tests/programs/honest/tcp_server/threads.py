"""A thread for each client; colours in the log, a handler that ends the process."""
import getopt
import os
import random
import signal
import socket
import sys
import threading

VERBOSE = False


def log(text):
    if VERBOSE:
        print(f"\033[32m[tcp_server]\033[0m {text}", file=sys.stderr)


def scramble(text):
    characters = list(text)
    random.shuffle(characters)
    return "".join(characters)


def drop_and_repeat(text):
    result = ""
    for character in text:
        if random.random() < 1 / 6:
            continue
        if random.random() < 1 / 6:
            character *= int(random.paretovariate(1))
        result += character
    return result if result else text[0:1]


def transform(action, data):
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        return b"error"
    if action == 1:
        return text.upper().encode()
    if action == 2:
        return text.lower().encode()
    if action == 4:
        return text[::-1].encode()
    if action == 8:
        return scramble(text).encode()
    if action == 16:
        return drop_and_repeat(text).encode()
    return b"error"


def serve(client):
    buffer = b""
    while True:
        chunk = client.recv(65536)
        if not chunk:
            break
        buffer += chunk
        while len(buffer) >= 4:
            word = int.from_bytes(buffer[:4], "big")
            action, length = word >> 27, word & (2**27 - 1)
            if len(buffer) < 4 + length:
                break
            data, buffer = buffer[4 : 4 + length], buffer[4 + length :]
            log(f"action {action} with {length} bytes")
            answer = transform(action, data)
            client.sendall(len(answer).to_bytes(4, "big") + answer)


def run(client):
    with client:
        try:
            serve(client)
        except OSError as error:
            log(f"client failed: {error}")


def stop(number, frame):
    log("bye")
    os._exit(0)


def main():
    global VERBOSE
    port = 8083
    options, rest = getopt.getopt(sys.argv[1:], "vp:", ["help", "verbose", "port="])
    for option, value in options:
        if option == "--help":
            print("Usage: tcp_server.py [--help] [-v] [-p PORT]")
            print()
            print("Options:\n  --help\n  -v, --verbose\n  --port PORT, -p PORT")
            return
        if option in ("-v", "--verbose"):
            VERBOSE = True
        else:
            port = int(value)
    if rest:
        sys.exit("tcp_server.py takes no arguments")
    signal.signal(signal.SIGINT, stop)
    server = socket.socket()
    server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    server.bind(("", port))
    server.listen(5)
    log(f"Listening on port {port} ...")
    while True:
        client, address = server.accept()
        log(f"{address} connected")
        threading.Thread(target=run, args=(client,), daemon=True).start()


main()
