"""Classroom 50 runs this in the student's checkout, beside conform in the same bundle."""

import os

# What to grade, and how:
ASSIGNMENT = "tcp_server"
COMMAND = "python3 tcp_server.py".split()
OPTIONS = "--deadline 480".split()

conform = os.path.join(os.environ["CLASSROOM50_BUNDLE_DIR"], "conform")
os.chmod(conform, 0o755)
options = OPTIONS + ["--format", "classroom50", "--output", "result.json"]
os.execv(conform, [conform, *options, ASSIGNMENT, "--", *COMMAND])
