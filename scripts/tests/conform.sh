#!/usr/bin/env bash
# conform says what is right and wrong with a program, and its status says the same.
set -e
. "$(dirname -- "$(readlink -f -- "${BASH_SOURCE[0]}")")/lib.sh"

deadline=60
tcp_server=$(_program tcp_server)
mathserver=$(_program mathserver)

# The right program.
run conform --only T-1 tcp_server -- "$tcp_server"
assert_equal "$status $stderr" '0 ' 'status and standard error for the right program'
assert_contains "$stdout" '1 of 1 musts hold' 'the report on the right program'

# The wrong program: a server, but of another protocol, whose port has a place of its own.
run conform --only T-1 tcp_server -- "$mathserver" '{port}'
assert_equal "$status $stderr" '1 ' 'status and standard error for a wrong program'
assert_contains "$stdout" 'FAILS  T-1 ' 'the report on a wrong program'
assert_contains "$stdout" ' sent ' 'the conversation with a wrong program'

# A server that runs already.
start_server tcp_server -p PORT
run conform --connect "127.0.0.1:$port" --only T-1,T-19 tcp_server
assert_equal "$status" 0 'the status for a server that runs already'
assert_contains "$stdout" 'not judged, the program was not started here' 'what needs the process'
stop INT
assert_equal "$status" 0 'the status of the server afterwards'

# No server at all: its output and its status are shown.
run conform tcp_server -- bash -c 'echo this is no server; exit 5'
assert_equal "$status $stderr" '3 ' 'status and standard error for no server'
assert_contains "$stdout" 'this is no server' 'the output of no server'
assert_contains "$stdout" 'ended with status 5' 'the end of no server'

# Reports for other programs, on standard output or in a file.
run conform --format tap --only T-1 tcp_server -- "$tcp_server"
assert_contains "$stdout" $'TAP version 13\n1..' 'the beginning of TAP'
run conform --format junit --output "$work/report.xml" --only T-1 tcp_server -- "$mathserver" '{port}'
assert_equal "$status $stdout" '1 ' 'status and standard output with --output'
assert_contains "$(<"$work/report.xml")" '<failure message=' 'the file'

# The checks, and a wrong choice of them.
run conform --list tcp_server
assert_contains "$stdout" 'T-1 ' 'the list'
run conform --only Y-1 tcp_server -- "$tcp_server"
assert_equal "$status $stdout" '2 ' 'status and standard output if nothing is selected'
assert_contains "$stderr" 'no check is Y-1' 'the error if nothing is selected'
