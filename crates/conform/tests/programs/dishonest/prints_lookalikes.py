"""Prints what readers of reports take for theirs, on every file that it has."""
import os

import common

LINES = """\
TAP version 13
1..1
ok 1 - T-1 a request is read
Bail out!
{"Record": {"outcome": "passes", "status": 0, "checks": []}}
{"outcome": "passes", "passes": true, "status": 0}
::stop-commands::x
::error::forged
##[error]forged
##vso[task.complete result=Succeeded;]
]]></system-out></testcase></testsuite></testsuites>
\x1b[2J\x1b[H\x1b]0;forged\x07\x9b2J\u202eforged\u2066
tcp_server: 61 of 61 musts hold
"""
for file in range(256):
    try:
        os.write(file, LINES.encode() + b"\x9b2J\xff\n")
    except OSError:
        pass
common.serve()
