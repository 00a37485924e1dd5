# A thread for each client, the main thread waits for "quit"; swallows every exception.
import logging
import os
import socket
import struct
import sys
import threading

logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
messages = {}
lock = threading.Lock()


def recv_exact(conn, n):
    data = b""
    while len(data) < n:
        part = conn.recv(min(4096, n - len(data)))
        if part == b"":
            raise ValueError("connection closed")
        data = data + part
    return data


def handle(conn, addr):
    logging.info("connection from %s:%d", addr[0], addr[1])
    conn.settimeout(1)
    try:
        magic, kind, n, r, m = struct.unpack("!HBBBH", recv_exact(conn, 7))
        if magic != 0xAE73:
            raise ValueError("bad magic")
        if kind != 1 and kind != 2:
            raise ValueError("bad type")
        if n == 0:
            raise ValueError("empty name")
        if kind == 1 and (r or m):
            raise ValueError("read request with extra fields")
        if kind == 2 and not (r and m):
            raise ValueError("create request without receiver or message")
        name = recv_exact(conn, n)
        receiver = recv_exact(conn, r)
        text = recv_exact(conn, m)
        if kind == 2:
            with lock:
                messages.setdefault(receiver, []).append((name, text))
            logging.info("%s sent a message to %s", name.decode(), receiver.decode())
        else:
            with lock:
                mine = messages.pop(name, [])
                batch, rest = mine[:255], mine[255:]
                if rest:
                    messages[name] = rest
            conn.sendall(struct.pack("!HBBB", 0xAE73, 3, len(batch), 1 if rest else 0))
            for sender, message in batch:
                conn.sendall(struct.pack("!BH", len(sender), len(message)))
                conn.sendall(sender + message)
            logging.info("%d message(s) delivered", len(batch))
    except Exception as e:
        logging.error("%s: %s", type(e).__name__, e)
    finally:
        conn.close()


def accept_forever(listener):
    while True:
        try:
            conn, addr = listener.accept()
            threading.Thread(target=handle, args=(conn, addr), daemon=True).start()
        except:
            pass


def main():
    try:
        (port,) = sys.argv[1:]
        port = int(port)
    except ValueError:
        print("Usage: python3 server.py <port>")
        return
    if port < 1024 or port > 64000:
        print("Port must be between 1024 and 64000")
        return
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        listener.bind(("0.0.0.0", port))
        listener.listen(128)
    except OSError as e:
        print("Cannot listen:", e)
        listener.close()
        return
    threading.Thread(target=accept_forever, args=(listener,)).start()
    while True:
        try:
            if input("type quit to stop> ") == "quit":
                os._exit(0)
        except EOFError:
            return
        except:
            pass


main()
