#!/usr/bin/env bash
# server-s asks twice, counts what comes after the two confirmations, one client after another, and
# says ERROR and why where a client does something else.
set -e
. "$(dirname -- "$(readlink -f -- "${BASH_SOURCE[0]}")")/lib.sh"

# Confirms twice: shake_hands FD
shake_hands() {
  assert_equal "$(receive "$1" 7)" '61 63 63 69 6f 0d 0a' 'the first command'
  send_text "$1" $'confirm-accio\r\n'
  assert_equal "$(receive "$1" 7)" '61 63 63 69 6f 0d 0a' 'the second command'
  send_text "$1" $'confirm-accio-again\r\n\r\n'
}

lines=0

# expect_line LINE: the next line of the server's standard output, and no further one.
expect_line() {
  lines=$((lines + 1))
  wait_until _has_lines
  assert_equal "$(tail -n 1 "$server_out")" "$1" 'the printed line'
  assert_equal "$(wc -l <"$server_out")" "$lines" 'lines printed in all'
}
_has_lines() { (($(wc -l <"$server_out") >= lines)); }

start_server server-s PORT

# A-1 to A-4: a file that looks like a header is counted to its last byte.
connect 3
shake_hands 3
send_text 3 $'Content-Length: 5\r\n\r\nhello'
disconnect 3
expect_line 26

# A-5: all at once. The two commands are read to the end, so that the close is an ordinary one.
connect 3
send_text 3 $'confirm-accio\r\nconfirm-accio-again\r\n\r\nabc'
receive 3 14 >"$work/commands"
disconnect 3
expect_line 3

# A-6, A-9, A-10: a wrong byte, and an early end.
connect 3
receive 3 7 >"$work/command"
send_text 3 $'confirm-accio\n'
expect_line ERROR
assert_contains "$(tail -n 1 "$server_err")" 'wrong first confirmation' 'the reason'
disconnect 3
connect 3
receive 3 7 >"$work/command"
disconnect 3
expect_line ERROR
[[ $(<"$server_err") =~ ^ERROR:\ 127.0.0.1:[0-9]+: ]] || fail 'no reason that names the client'

# A-13: ten more clients wait, and are served in turn.
for fd in 3 4 5 6 7 8 9; do connect "$fd"; done
for fd in 3 4 5 6 7 8 9; do
  shake_hands "$fd"
  send_text "$fd" "client $fd"
  disconnect "$fd"
  expect_line 8
done

# A-7: a large file, and little memory for it.
connect 3
shake_hands 3
timeout "$deadline" head -c 100M /dev/zero >&3
disconnect 3
expect_line 104857600
if [[ -r /proc/$server/status ]]; then
  read -r _ peak _ < <(grep VmHWM "/proc/$server/status")
  ((peak < 8 * 1024)) || fail "$peak KiB of memory at most"
fi

# A-15: the port is in use.
run server-s "$port"
assert_equal "$status" 1 'the status for a port in use'
assert_contains "$stderr" 'ERROR: cannot listen' 'the error for a port in use'

# A-14, A-16: each signal ends it, also in a transfer, and it can be started again at once.
taken=$port
for signal in INT QUIT TERM; do
  connect 3
  shake_hands 3
  send_text 3 'part of a file'
  before=$(<"$server_out")
  began=$(date +%s%N)
  stop "$signal"
  (($(date +%s%N) - began < 1000000000)) || fail "SIG$signal took more than a second"
  assert_equal "$status" 0 "the status after SIG$signal"
  assert_equal "$(<"$server_out")" "$before" "standard output after SIG$signal"
  disconnect 3
  start server-s "$taken"
  port=$taken
  wait_listening
done
stop

# A-15: wrong arguments.
for arguments in '' 'x' '0' '65536' '+5000' '5000 5001'; do
  # shellcheck disable=SC2086 # several arguments in one word
  run server-s $arguments
  assert_equal "$status $stdout" '2 ' "status and standard output of server-s $arguments"
  [[ $stderr == 'ERROR: '* ]] || fail "no error message of server-s $arguments: $stderr"
done
