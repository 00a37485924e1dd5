#!/bin/sh
# The shell answers the signals for the server that it started.
python3 "$(dirname "$0")/plain.py" "$@" &
server=$!
trap 'kill -9 "$server"; exit 0' INT TERM QUIT
wait "$server"
