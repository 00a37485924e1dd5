"""Takes as much memory as it may, 600 MiB at most, in two processes."""
import os
import time

os.fork()
kept = [b"x" * (1 << 20) for _ in range(300)]
time.sleep(1000)
