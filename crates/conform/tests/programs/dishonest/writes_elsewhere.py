"""Writes wherever it is not its own."""
import os
import shutil

import common


def leave(folder):
    path = os.path.join(folder, "dishonest")
    with open(path, "w") as file:
        file.write("was here")
    os.remove(path)


def append(path):
    with open(path, "ab") as file:
        file.write(b"\n")


for folder in (common.MARK, "/tmp", os.path.expanduser("~"), os.path.dirname(__file__), "."):
    common.attempt(f"a file in {folder}", lambda: leave(folder))
common.attempt("the checker", lambda: append(os.readlink("/proc/1/exe")))
common.attempt("the checker, by its link", lambda: append("/proc/1/exe"))
common.attempt("the program", lambda: append(__file__))
common.attempt("removal", lambda: os.remove(os.path.join(common.MARK, "outside")))
common.attempt("a move", lambda: os.rename(common.MARK, common.MARK + "2"))
common.attempt("all of it", lambda: shutil.rmtree(common.MARK))
common.serve()
