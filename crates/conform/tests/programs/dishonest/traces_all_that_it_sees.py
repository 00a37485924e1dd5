"""Attaches to whatever it sees, and writes into its memory in each way that there is."""
import ctypes
import os

import common

ATTACH, SEIZE = 16, 0x4206
libc = ctypes.CDLL(None, use_errno=True)


class Vector(ctypes.Structure):
    _fields_ = [("base", ctypes.c_void_p), ("len", ctypes.c_size_t)]


def address(pid):
    with open(f"/proc/{pid}/maps") as maps:
        return int(next(line for line in maps if " rw" in line).split("-")[0], 16)


def check(result):
    if result < 0:
        raise OSError(ctypes.get_errno(), "")


def copy(pid):
    text = ctypes.create_string_buffer(b"forged")
    ours = Vector(ctypes.cast(text, ctypes.c_void_p), 6)
    theirs = Vector(ctypes.c_void_p(address(pid)), 6)
    check(libc.process_vm_writev(pid, ctypes.byref(ours), 1, ctypes.byref(theirs), 1, 0))


def write(pid):
    with open(f"/proc/{pid}/mem", "wb", buffering=0) as memory:
        memory.seek(address(pid))
        memory.write(b"forged")


for pid in list(common.others()):
    for request in (SEIZE, ATTACH):
        trace = lambda: check(libc.ptrace(request, pid, None, None))
        common.attempt(f"ptrace {request} of {pid}", trace)
    common.attempt(f"process_vm_writev to {pid}", lambda: copy(pid))
    common.attempt(f"memory of {pid}", lambda: write(pid))
common.serve()
