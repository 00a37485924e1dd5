"""Leaves shared memory and queues to whoever comes next."""
import ctypes

import common

libc = ctypes.CDLL(None)
KEY = 0x0D15
libc.shmget(KEY, 4096, 0o1600)
libc.msgget(KEY, 0o1600)
open("/dev/shm/dishonest", "w").close()
common.serve()
