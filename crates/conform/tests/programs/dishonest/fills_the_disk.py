"""Writes as much as it may, 600 MiB at most."""
import os
import time

for number in range(12):
    with open(os.path.join(os.environ["TMPDIR"], str(number)), "wb") as file:
        for _ in range(50):
            file.write(bytes(1 << 20))
time.sleep(1000)
