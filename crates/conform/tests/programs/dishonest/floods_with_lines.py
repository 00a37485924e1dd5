"""Serves, and beside that prints short lines without end."""
import os
import threading

import common


def flood(file):
    while True:
        os.write(file, b"ok 1\n" * 800)


for file in (1, 2):
    threading.Thread(target=flood, args=(file,), daemon=True).start()
common.serve()
