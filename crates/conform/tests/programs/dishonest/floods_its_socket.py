"""Answers each client without end."""
import socket
import threading

import common


def flood(client):
    try:
        while True:
            client.sendall(b"\x07\xff\xff\xff" + b"x" * (1 << 20))
    except OSError:
        pass


with socket.create_server(("0.0.0.0", common.PORT)) as listener:
    while True:
        client, _ = listener.accept()
        threading.Thread(target=flood, args=(client,), daemon=True).start()
