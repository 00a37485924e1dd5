# shellcheck shell=bash disable=SC2034 # the variables below are for the tests
# What the shell tests share: sourced by each of them, no test itself.
#
# A test is a bash script beside this file that talks to a program as a reader of its assignment
# would, with no other tools than bash and coreutils:
#
#     #!/usr/bin/env bash
#     # tcp_server answers over a plain connection (T-1, T-2) and stops when told to (T-19).
#     set -e
#     . "$(dirname -- "$(readlink -f -- "${BASH_SOURCE[0]}")")/lib.sh"
#
#     start_server tcp_server -p PORT       # PORT becomes a free port
#     connect 3                             # descriptor 3, to 127.0.0.1:$port
#     send_hex 3 '08 00 00 05'              # action 1, five bytes
#     send_text 3 'hello'
#     assert_equal "$(receive 3 4)" '00 00 00 05' 'the length of the response'
#     assert_equal "$(receive_text 3 5)" 'HELLO' 'the response'
#     disconnect 3
#     stop INT                              # fails if it is not gone in time
#     assert_equal "$status" 0 'the exit status'
#
# It runs under `set -euo pipefail`. Its status: 0 passed; 1 failed, by `fail` or an assertion;
# 77 skipped, by `skip`; 99 the test itself broke: a command failed that nobody expected to fail;
# 129, 130 or 143 if it was ended by SIGHUP, SIGINT or SIGTERM.
# What it started is killed at its end, and shown if it did not pass.
#
# The programs are taken from BIN_DIR (default: "debug" in cargo's target folder). Every wait ends
# after `deadline` seconds, which a test may set.

set -e
. "$(dirname -- "$(readlink -f -- "${BASH_SOURCE[0]}")")/../common.sh"

deadline=10
work=$(mktemp -d)       # for files of the test, removed at its end
port=''                 # of the last server started
server=''               # its process id,
server_out=''           # the file with its standard output,
server_err=''           # and with its standard error
status=''               # of the last program that `stop` or `run` saw end
stdout=''               # what the last `run` printed (without the last line feeds, as in bash)
stderr=''

_started=()             # process ids still to be killed; each leads a process group
_signal=''              # the status of a test that a signal ends
[[ -n ${BIN_DIR:-} ]] || find_target
_bin_dir=${BIN_DIR:-$target/debug}

# --- Verdicts. They end the test, also from within $(...). ---

fail() {
  printf 'FAILED: %s\n' "$*" >&2
  : >"$work/failed"
  exit 1
}

skip() {
  printf 'skipped: %s\n' "$*" >&2
  : >"$work/skipped"
  exit 77
}

# assert_equal ACTUAL EXPECTED [WHAT]
assert_equal() {
  [[ $1 == "$2" ]] || fail "${3:-value}: expected $(printf '%q' "$2"), got $(printf '%q' "$1")"
}

# assert_contains TEXT PART [WHAT]
assert_contains() {
  [[ $1 == *"$2"* ]] || fail "${3:-text}: $(printf '%q' "$2") is missing in $(printf '%q' "$1")"
}

# --- Programs ---

# Starts a server and waits until it listens: start_server NAME [ARG...], where the argument PORT
# stands for a free port. Sets port, server, server_out, server_err.
start_server() {
  local arg args=()
  _choose_port
  for arg in "${@:2}"; do
    [[ $arg == PORT ]] && arg=$port
    args+=("$arg")
  done
  start "$1" "${args[@]}"
  wait_listening
}

# Starts a program in the background: start NAME [ARG...]. Its standard input is empty.
start() {
  local program
  program=$(_program "$1")
  server_out=$work/${#_started[@]}.$1.out
  server_err=$work/${#_started[@]}.$1.err
  : >"$server_out" 2>"$server_err"
  # With job control it gets a process group, and its SIGINT and SIGQUIT are not ignored.
  set -m
  "$program" "${@:2}" </dev/null >"$server_out" 2>"$server_err" &
  set +m
  server=$!
  _started+=("$server")
}

# Waits until the last server started listens on $port, without connecting to it.
wait_listening() {
  local end=$((SECONDS + deadline))
  until _listens "$server" "$port"; do
    kill -0 "$server" 2>/dev/null || fail "the server ended before it listened on port $port"
    ((SECONDS < end)) || fail "the server does not listen on port $port after $deadline s"
    sleep 0.02
  done
}

# Sends a signal to the last server started and waits for its end: stop [SIGNAL]. Sets status.
stop() {
  kill -s "${1:-TERM}" "$server" || fail "the server ended before SIG${1:-TERM}"
  wait_exit
}

# Waits for the end of the last program started. Sets status.
wait_exit() {
  local end=$((SECONDS + deadline))
  while kill -0 "$server" 2>/dev/null; do
    ((SECONDS < end)) || fail "process $server still runs after $deadline s"
    sleep 0.02
  done
  status=0
  wait "$server" || status=$?
}

# Runs a program to its end: run NAME [ARG...], with the standard input of the call. Sets status
# (124 if it had to be ended at the deadline), stdout and stderr.
run() {
  local program
  program=$(_program "$1")
  status=0
  timeout "$deadline" "$program" "${@:2}" >"$work/run.out" 2>"$work/run.err" || status=$?
  stdout=$(<"$work/run.out")
  stderr=$(<"$work/run.err")
}

# Waits until a file contains a text: wait_for_text "$server_out" 'listening'
wait_for_text() {
  local end=$((SECONDS + deadline))
  until [[ $(<"$1") == *"$2"* ]]; do
    ((SECONDS < end)) || fail "waited $deadline s in vain for $(printf '%q' "$2") in ${1##*/}"
    sleep 0.02
  done
}

# Waits until a command succeeds: wait_until COMMAND [ARG...]
wait_until() {
  local end=$((SECONDS + deadline))
  until "$@"; do
    ((SECONDS < end)) || fail "waited $deadline s in vain for: $*"
    sleep 0.02
  done
}

# --- Connections, named by a descriptor from 3 to 9 ---

# connect FD [PORT]: to 127.0.0.1, the last server's port if none is given.
connect() {
  eval "exec $1<>/dev/tcp/127.0.0.1/${2:-$port}" || fail "cannot connect to port ${2:-$port}"
}

disconnect() {
  eval "exec $1>&-"
}

# send_text FD TEXT
send_text() {
  # Not by bash itself, which a broken connection would kill.
  printf '%s' "$2" | timeout "$deadline" cat >&"$1" || fail "cannot send $(printf '%q' "$2")"
}

# send_hex FD 'xx xx ...': spaces do not matter.
send_hex() {
  local digits=${2//[[:space:]]/} escaped=''
  while [[ -n $digits ]]; do
    escaped+="\\x${digits:0:2}"
    digits=${digits:2}
  done
  printf '%b' "$escaped" | timeout "$deadline" cat >&"$1" || fail "cannot send $2"
}

# send_file FD PATH
send_file() {
  timeout "$deadline" cat <"$2" >&"$1" || fail "cannot send $2"
}

# Receives exactly N bytes: receive FD N. Prints them as 'xx xx ...'.
receive() {
  _receive "$@"
  to_hex <"$work/received.$1"
}

# The same, printed as they are; bash drops NUL bytes and the last line feeds.
receive_text() {
  _receive "$@"
  cat "$work/received.$1"
}

# Receives all until the other end closes: receive_rest FD. Prints it as 'xx xx ...'.
receive_rest() {
  timeout "$deadline" cat <&"$1" >"$work/received.$1" ||
    fail "no close after $deadline s, received: $(to_hex <"$work/received.$1")"
  to_hex <"$work/received.$1"
}

# Standard input as 'xx xx ...' on one line.
to_hex() {
  local pairs
  read -r -d '' -a pairs < <(od -An -v -tx1) || true
  printf '%s\n' "${pairs[*]}"
}

# --- Inside ---

_receive() {
  local got=0 before=-1 rest
  : >"$work/received.$1"
  # One read and one write at a time, of no more than is wanted: what follows stays for the next
  # call, and nothing is lost at the deadline or at the other end's close.
  while ((got < $2 && got > before)); do
    before=$got rest=$(($2 - got))
    timeout "$deadline" dd bs=$((rest < 65536 ? rest : 65536)) count=1 status=none \
      <&"$1" >>"$work/received.$1" || break
    got=$(wc -c <"$work/received.$1")
  done
  ((got == $2)) || fail "wanted $2 bytes, received $((got)): $(to_hex <"$work/received.$1")"
}

_program() {
  [[ -x $_bin_dir/$1 ]] && printf '%s\n' "$_bin_dir/$1" && return
  printf 'no program %s: run cargo build --workspace\n' "$_bin_dir/$1" >&2
  return 99
}

# Below the ports that the other tests and systems use, none of a default, and not in use.
_choose_port() {
  port=$((10100 + RANDOM % 1900))
  while _is_used "$port"; do
    port=$((10100 + (port - 10100 + 1) % 1900))
  done
}

_is_used() {
  local address suffix
  suffix=$(printf ':%04X' "$1")
  while read -r _ address _; do
    [[ $address == *"$suffix" ]] && return
  done <<<"$(_sockets)"
  return 1
}

# Whether process $1 listens on port $2.
_listens() {
  local address suffix state inode link
  if [[ ! -r /proc/net/tcp ]]; then
    (exec 3<>"/dev/tcp/127.0.0.1/$2") 2>/dev/null
    return
  fi
  suffix=$(printf ':%04X' "$2")
  while read -r _ address _ state _ _ _ _ _ inode _; do
    [[ $state == 0A && $address == *"$suffix" ]] || continue
    for link in /proc/"$1"/fd/*; do
      [[ $(readlink "$link") == "socket:[$inode]" ]] && return
    done
  done <<<"$(_sockets)"
  return 1
}

# The system's TCP sockets, one a line: number, local address, remote address, state, ..., inode
# number (the tenth). Nothing where there is no such table.
_sockets() {
  cat /proc/net/tcp /proc/net/tcp6 2>/dev/null || true
}

_broke() {
  [[ -e $work/failed || -e $work/skipped ]] ||
    printf 'BROKE: line %s of %s: status %s from: %s\n' "$2" "$3" "$1" "$4" >&2
}

_show_logs() {
  local log
  for log in "$work"/*.out "$work"/*.err; do
    [[ -s $log ]] || continue
    printf -- '--- %s\n' "${log##*/}"
    tail -n 50 "$log" | cut -c 1-500 | cat -v
  done
}

_cleanup() {
  local verdict=$? pid
  trap - ERR
  set +e
  if ((verdict != 0)); then
    verdict=99
    [[ -e $work/skipped ]] && verdict=77
    [[ -e $work/failed ]] && verdict=1
    [[ -n $_signal ]] && verdict=$_signal
    ((verdict == 77 || verdict > 128)) || _show_logs >&2
  fi
  for pid in "${_started[@]}"; do
    kill -KILL -- "-$pid" 2>/dev/null
    wait "$pid" 2>/dev/null
  done
  rm -rf "$work"
  exit "$verdict"
}

set -E
trap '_broke "$?" "$LINENO" "${BASH_SOURCE[0]##*/}" "$BASH_COMMAND"' ERR
trap _cleanup EXIT
trap '_signal=129; exit "$_signal"' HUP
trap '_signal=130; exit "$_signal"' INT
trap '_signal=143; exit "$_signal"' TERM
