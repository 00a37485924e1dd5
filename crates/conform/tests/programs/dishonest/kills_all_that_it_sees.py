"""Kills whatever it sees."""
import os
import signal

import common

# What comes from this program, run for another check.
signal.signal(signal.SIGUSR2, lambda *_: common.reached("by a signal"))
for pid in list(common.others()):
    common.attempt(f"killing {pid}", lambda: os.kill(pid, signal.SIGKILL))
try:
    with open("/proc/1/cmdline") as first:
        # Not where the whole machine would be killed.
        inside = common.MARK in first.read()
except OSError:
    inside = False
if inside:
    for number in (signal.SIGUSR2, signal.SIGKILL):
        try:
            # This succeeds even if it is refused for each process.
            os.kill(-1, number)
        except OSError:
            pass
common.serve()
