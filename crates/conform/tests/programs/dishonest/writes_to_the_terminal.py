"""Writes a pass on the terminal, and types a command there."""
import fcntl
import glob
import os
import termios

import common

NAMES = ["/dev/tty", "/dev/console", *glob.glob("/dev/pts/[0-9]*")]
own = {os.ttyname(file) for file in range(3) if os.isatty(file)}
for name in NAMES:
    if name in own:
        continue
    common.attempt(f"writing to {name}", lambda: open(name, "w").write("forged\n"))
    with_file = lambda: fcntl.ioctl(os.open(name, os.O_RDONLY | os.O_NOCTTY), termios.TIOCSTI, b"!")
    common.attempt(f"typing at {name}", with_file)
common.serve()
