"""Kills whatever it sees."""
import os
import signal

import common

for pid in list(common.others()):
    common.attempt(f"killing {pid}", lambda: os.kill(pid, signal.SIGKILL))
try:
    with open("/proc/1/cmdline") as first:
        # Not where the whole machine would be killed.
        inside = common.MARK in first.read()
except OSError:
    inside = False
if inside:
    common.attempt("killing all", lambda: os.kill(-1, signal.SIGKILL))
common.serve()
