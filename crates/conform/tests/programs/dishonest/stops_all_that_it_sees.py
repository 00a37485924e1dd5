"""Stops whatever it sees: a checker that is stopped says nothing."""
import os
import signal

import common

for name in (signal.SIGSTOP, signal.SIGTSTP, signal.SIGTERM, signal.SIGINT):
    for pid in list(common.others()):
        common.attempt(f"{name.name} to {pid}", lambda: os.kill(pid, name))
common.serve()
