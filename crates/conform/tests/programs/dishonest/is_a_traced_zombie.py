"""Ends while a child traces it, and that one never looks: nobody can reap it before."""
import ctypes
import os
import time

import common

SEIZE = 0x4206
libc = ctypes.CDLL(None)
subject = os.getpid()
libc.prctl(0x59616D61, ctypes.c_ulong(-1))  # PR_SET_PTRACER: whoever likes.
done, tell = os.pipe()
if os.fork() == 0:
    os.setsid()
    libc.ptrace(SEIZE, subject, None, None)
    os.write(tell, b".")
    time.sleep(1000)
    os._exit(0)
os.read(done, 1)
