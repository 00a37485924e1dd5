"""Starts 2,000 threads at most, each of which stays."""
import threading
import time

import common

threading.stack_size(1 << 16)
for _ in range(2000):
    threading.Thread(target=time.sleep, args=(1000,), daemon=True).start()
common.serve()
