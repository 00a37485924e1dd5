"""Leaves processes behind, each of which goes out of sight in another way."""
import ctypes
import os
import time

import common

libc = ctypes.CDLL(None)


def sleep_under(name):
    libc.prctl(15, name.encode(), 0, 0, 0)  # PR_SET_NAME
    os.chdir("/")
    os.closerange(0, 256)
    time.sleep(1000)


if common.fork_and_leave():
    sleep_under("systemd")
if common.fork_and_leave():
    libc.prctl(36, 1, 0, 0, 0)  # PR_SET_CHILD_SUBREAPER
    if common.fork_and_leave():
        sleep_under("kthreadd")
    time.sleep(1000)
if common.fork_and_leave():
    # Nothing of the mark is left in its command line, nor of the environment.
    os.execve("/bin/sh", ["[kworker/0:1]", "-c", "sleep 1000 & sleep 1000"], {})
common.serve()
