#!/usr/bin/env bash
# PrairieLearn runs this for each submission, as root. What to grade, and how:
assignment=tcp_server
command=(python3 tcp_server.py)
# In all less than the timeout in info.json.
options=(--deadline 240)

mkdir -p /grade/results
chmod go= /grade/results /grade/tests
chmod +x /grade/tests/conform
cd /grade/student &&
  exec /grade/tests/conform --user nobody "${options[@]}" --format prairielearn \
    --output /grade/results/results.json "$assignment" -- "${command[@]}"
