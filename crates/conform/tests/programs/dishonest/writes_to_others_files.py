"""Opens the files that other processes have open, and writes a pass into them."""
import os

import common

for pid in list(common.others()):
    try:
        names = os.listdir(f"/proc/{pid}/fd")
    except OSError:
        continue
    for name in names:
        try:
            file = os.open(f"/proc/{pid}/fd/{name}", os.O_WRONLY | os.O_NONBLOCK)
            os.write(file, b'{"Record": {}}\n{"passes": true}\nok 1\n')
        except OSError:
            continue
        common.reached(f"file {name} of {pid}")
common.serve()
