"""Looks for anybody outside: on this machine, by an abstract name, and beyond."""
import os
import socket

import common

with open(os.path.join(common.MARK, "outside")) as file:
    port, name = file.read().split()


def connect(family, address):
    with socket.socket(family) as client:
        client.settimeout(2)
        client.connect(address)
        client.sendall(b"passes")


common.attempt("loopback", lambda: connect(socket.AF_INET, ("127.0.0.1", int(port))))
common.attempt("an abstract name", lambda: connect(socket.AF_UNIX, "\0" + name))
common.attempt("a path", lambda: connect(socket.AF_UNIX, os.path.join(common.MARK, "socket")))
common.attempt("192.0.2.1", lambda: connect(socket.AF_INET, ("192.0.2.1", 80)))
common.attempt("a route", lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM).connect(("192.0.2.1", 53)))
common.attempt("a raw socket", lambda: socket.socket(socket.AF_PACKET, socket.SOCK_RAW))
common.serve()
