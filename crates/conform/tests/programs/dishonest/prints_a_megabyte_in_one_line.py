"""Its output is one line of a megabyte."""
import os
import sys

import common

for file in (1, 2):
    text = b"::error::" + b"]]>\x1b[2J" * 140_000
    while text:
        text = text[os.write(file, text):]
common.serve()
