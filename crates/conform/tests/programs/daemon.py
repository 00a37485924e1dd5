# Runs a server of Python that goes into the background as soon as it listens, as daemons do.
import os
import runpy
import socket
import sys

listen = socket.socket.listen


def listen_as_daemon(self, *arguments):
    listen(self, *arguments)
    if os.fork() > 0:
        os._exit(0)
    os.setsid()


socket.socket.listen = listen_as_daemon
sys.argv = sys.argv[1:]
runpy.run_path(sys.argv[0], run_name="__main__")
