#!/usr/bin/env bash
# As the first process of a container, where the kernel drops signals that are not handled, every
# client ends on SIGINT and SIGTERM (G-12).
set -e
. "$(dirname -- "$(readlink -f -- "${BASH_SOURCE[0]}")")/lib.sh"

# Its argument is the first process of a new PID namespace.
container=(unshare --pid --fork --kill-child)
"${container[@]}" true 2>/dev/null || container+=(--user --map-root-user)
"${container[@]}" true 2>/dev/null || skip 'no PID namespace can be made here'
[[ -e /proc/$$/task/$$/children ]] || skip 'the system does not tell who is whose child'

# Nothing ever comes from it.
mkfifo "$work/input"
exec 4<>"$work/input"

# expect_end SIGNAL STATUS CLIENT [ARG...]
expect_end() {
  local program
  program=$(_program "$3")
  # It serves one client at a time (A-13): the one that is signalled waits.
  connect 3
  set -m
  "${container[@]}" "$program" "${@:4}" <&4 >"$work/$3.out" 2>"$work/$3.err" &
  set +m
  server=$!
  _started+=("$server")
  wait_until _signal_until_ended "$1"
  wait_exit
  assert_equal "$status" "$2" "the exit status of $3 after SIG$1"
  disconnect 3
}

# A signal that comes before the client's first instruction is lost.
_signal_until_ended() {
  local first
  kill -0 "$server" 2>/dev/null || return 0
  first=$(cat "/proc/$server/task/$server/children" 2>/dev/null) || return 0
  [[ -z $first ]] || kill -s "$1" "${first% }" 2>/dev/null || true
  return 1
}

start_server server-s PORT
waiting=$server
for signal in 'INT 130' 'TERM 143'; do
  read -r -a end <<<"$signal"
  expect_end "${end[@]}" tcp_client -p "$port" -
  expect_end "${end[@]}" accio 127.0.0.1 "$port" -
  expect_end "${end[@]}" lab4 127.0.0.1 "$port"
  expect_end "${end[@]}" lab2 --port "$port" Ann ann7 1
  expect_end "${end[@]}" client 127.0.0.1 "$port" bob create
done
server=$waiting
stop
