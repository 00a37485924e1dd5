#!/usr/bin/env bash
# Honest and hostile load on all servers together, for as long as asked: crates/soak.
#
# Use:   scripts/soak.sh [SECONDS]      how long the load lasts [default: 60]
#
# Starts tcp_server, lab3, server, mathserver and server-s on free ports and plays on them all at
# once: honest clients, who check every answer, and hostile ones, who are silent, drip, reset, send
# nonsense and take all descriptors. Prints a table at the end. The status is 0 if all held, 1 if
# something did not, and 2 if the arguments are wrong.
#
# Everything stays on this machine's loopback. It stops by itself: some 15 seconds after the load,
# in runs of a minute or longer about a minute and a tenth of the load more. Nothing is left
# running.
#
# The programs are built for it in the release profile; or, if BIN_DIR is set, taken from there.
#
# Needs: Linux, bash, coreutils, the Rust toolchain if BIN_DIR is not set, and 4096 descriptors.

set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
programs=(soak tcp_server lab3 server mathserver server-s)
soak=''   # its process id while it runs

# It takes the servers with it, however it ends.
cleanup() {
  local status=$?
  trap - EXIT
  if [[ -n $soak ]]; then
    kill -TERM "$soak" 2>/dev/null || true
    wait "$soak" || true
  fi
  exit "$status"
}
trap cleanup EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM

# The comment at the top of this file.
usage() {
  local line
  while IFS= read -r line && [[ $line == '#'* ]]; do
    [[ $line == '#!'* ]] || printf '%s\n' "${line#\#}"
  done <"$root/scripts/soak.sh"
}

build() {
  local program arguments=() target=${CARGO_TARGET_DIR:-$root/target}
  [[ $target == /* ]] || target=$PWD/$target
  for program in "${programs[@]}"; do
    arguments+=(-p "$program")
  done
  (cd "$root" && cargo build --release --locked --target-dir "$target" "${arguments[@]}")
  BIN_DIR=$target/release
}

main() {
  local status=0 program
  if [[ $# == 1 && $1 == --help ]]; then
    usage
    return 0
  fi
  [[ -n ${BIN_DIR:-} ]] || build
  for program in "${programs[@]}"; do
    [[ -x $BIN_DIR/$program ]] && continue
    printf 'no program %s: run cargo build --workspace\n' "$BIN_DIR/$program" >&2
    return 1
  done
  "$BIN_DIR/soak" "$@" &
  soak=$!
  # A signal to this script ends the wait; then cleanup ends the program.
  wait "$soak" || status=$?
  soak=''
  return "$status"
}

main "$@"
