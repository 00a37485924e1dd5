#!/usr/bin/env bash
# accio sends a file to server-s, which prints exactly its length, whatever the network is like.
set -e
. "$(dirname -- "$(readlink -f -- "${BASH_SOURCE[0]}")")/lib.sh"

lines=0

# expect_line LINE: the next line of the server's standard output.
expect_line() {
  lines=$((lines + 1))
  wait_until _has_lines
  assert_equal "$(tail -n 1 "$server_out")" "$1" 'the printed line'
}
_has_lines() { (($(wc -l <"$server_out") >= lines)); }

# expect_sent LENGTH [OPTION...] HOST PORT FILE: accio says nothing, and the server the length.
expect_sent() {
  run accio "${@:2}"
  assert_equal "$status $stdout $stderr" '0  ' "status and output of accio ${*:2}"
  expect_line "$1"
}

deadline=60
start_server server-s PORT

# AC-1: a file of any size.
for length in 0 1 500 10485760; do
  head -c "$length" /dev/zero >"$work/file"
  expect_sent "$length" localhost "$port" "$work/file"
done

# AC-4: 10 MiB in delayed chunks, and slowly.
expect_sent 10485760 --chunk 100000 --delay 2 127.0.0.1 "$port" "$work/file"
head -c 20000 /dev/zero >"$work/file"
expect_sent 20000 --limit=40000 --chunk=999 127.0.0.1 "$port" "$work/file"

# AC-4: an abort is an error to the server, which then serves the next.
run accio --abort-after 10000 127.0.0.1 "$port" "$work/file"
assert_equal "$status $stdout $stderr" '0  ' 'status and output of an abort'
expect_line ERROR
expect_sent 20000 127.0.0.1 "$port" "$work/file"

# AC-3, A-7: 1 GiB from a pipe.
expect_sent 1073741824 127.0.0.1 "$port" - < <(head -c 1G /dev/zero)

# AC-2: what cannot be done is said.
expect_error() {
  run accio "${@:3}"
  assert_equal "$status $stdout" "$1 " "status and standard output of accio ${*:3}"
  [[ $stderr == "ERROR: "*"$2"* ]] || fail "no error with '$2': $stderr"
}
expect_error 1 'No such file' 127.0.0.1 "$port" "$work/missing"
expect_error 1 'is a directory' 127.0.0.1 "$port" "$work"
expect_error 1 'cannot find the host' no-such-host.invalid "$port" "$work/file"
expect_error 2 'give a number from 1 to 65535' 127.0.0.1 0 "$work/file"
expect_error 2 'expected 3 arguments' 127.0.0.1 "$port"
stop TERM
expect_error 1 'connection refused' 127.0.0.1 "$port" "$work/file"
