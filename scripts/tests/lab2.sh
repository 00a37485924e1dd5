#!/usr/bin/env bash
# lab2 obtains an id from lab3, sends it a student, and prints its reply (PC-1); a server that is
# not there is an error (PC-2).
set -e
. "$(dirname -- "$(readlink -f -- "${BASH_SOURCE[0]}")")/lib.sh"

start_server lab3 127.0.0.1 PORT
run lab2 --host localhost --port "$port" 'Ann Lee' ann7 918273645
assert_equal "$status" 0 'the exit status'
assert_equal "$stderr" '' 'standard error'
assert_equal "${stdout//[0-9]/}" $'Client id  assigned by server\nserver got the data' 'the output'
assert_equal "$(tail -n 1 "$server_out")" \
  'Connected: Student: Ann Lee, Github Username: ann7, sid: 918273645' 'the line of the server'

# A student id that is no integer, and a name that begins with a hyphen.
run lab2 --port "$port" -- -A b 12-34
assert_equal "$status" 0 'the exit status'
assert_equal "$(tail -n 1 "$server_out")" \
  'Connected: Student: -A, Github Username: b, sid: 12-34' 'the line of the server'

stop TERM
assert_equal "$status" 0 'the exit status of the server'
assert_equal "$(<"$server_err")" '' 'the errors of the server'

run lab2 --port "$port" A B 7
assert_equal "$status" 1 'the exit status without a server'
assert_contains "$stderr" "cannot connect to 127.0.0.1:$port: connection refused" 'the error'
assert_equal "$stdout" '' 'standard output without a server'

run lab2 A B
assert_equal "$status" 2 'the exit status for wrong usage'
assert_contains "$stderr" 'expected 3 arguments, got 2' 'the usage error'
