#!/usr/bin/env bash
# A server that may start few threads names the cause, and serves nobody under no other message; it
# serves as soon as it can.
set -e
. "$(dirname -- "$(readlink -f -- "${BASH_SOURCE[0]}")")/lib.sh"

# A user for whom nothing else runs: the limit counts all processes of a user.
((EUID == 0)) && user=(setpriv --reuid=54321 --regid=54321 --clear-groups) || user=(unshare --user)
"${user[@]}" prlimit --nproc=2: "$(_program server-s)" --version >/dev/null 2>&1 ||
  skip 'no limit of threads can be set here'

# start_with THREADS NAME [ARG...], where PORT stands for a free port. Sets server and server_err.
start_with() {
  local program
  program=$(_program "$2")
  _choose_port
  server_err=$work/$1.$2.err
  : >"$server_err"
  set -m
  "${user[@]}" prlimit --nproc="$1:" "$program" "${@:3}" $port 2>"$server_err" >"$work/$1.$2.out" &
  set +m
  server=$!
  _started+=("$server")
}

# expect_end THREADS REASON NAME [ARG...]
expect_end() {
  start_with "$1" "${@:3}"
  wait_exit
  assert_equal "$status" 1 "the exit status of $3 with threads: $1"
  assert_contains "$(<"$server_err")" "$2" "standard error of $3"
}

signals='cannot catch the signals that end this program: no thread can be started that waits for them: '
expect_end 1 "$signals" server-s
expect_end 1 "$signals" server
expect_end 1 "$signals" lab3 127.0.0.1
expect_end 1 "$signals" mathserver
expect_end 1 "$signals" tcp_server -p
expect_end 2 'cannot start a thread that waits for SIGQUIT: ' server-s
expect_end 2 'cannot start a thread that serves clients: ' server

# expect_served_later THREADS NAME [ARG...]
expect_served_later() {
  start_with "$@"
  wait_listening
  wait_for_text "$server_err" 'cannot start a thread: '
  assert_contains "$(<"$server_err")" 'nobody is served until one can be started' "what $2 says"
  "${user[@]}" prlimit --pid "$server" --nproc=100:
  connect 3
  # The first bytes of a server, or of its answer.
  send_hex 3 '08 00 00 01 61'
  [[ $(receive 3 4) ]] || fail "$2 does not answer"
  disconnect 3
  stop
  assert_equal "$status" 0 "the exit status of $2"
}
expect_served_later 3 server-s
expect_served_later 2 lab3 127.0.0.1
expect_served_later 2 mathserver
expect_served_later 2 tcp_server -p
