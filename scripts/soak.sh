#!/usr/bin/env bash
# Honest and hostile load on all servers together, for as long as asked: crates/soak.
#
# Use:   scripts/soak.sh [SECONDS]      how long the load lasts [default: 60]
#
# Starts tcp_server, lab3, server, mathserver and server-s on free ports and plays on them all at
# once: honest clients, who check every answer, and hostile ones, who are silent, drip, reset, stall,
# send nonsense and take all descriptors. Prints a table at the end. The status is 0 if all held, 1 if
# something did not, and 2 if the arguments are wrong.
#
# Everything stays on this machine's loopback. It stops by itself: some 15 seconds after the load,
# in runs of a minute or longer about a minute and a tenth of the load more. Nothing is left
# running.
#
# The programs are built for it in the release profile; or, if BIN_DIR is set, taken from there.
#
# Needs: Linux, bash, coreutils, the Rust toolchain if BIN_DIR is not set, and 4096 descriptors.

set -e
# shellcheck source-path=SCRIPTDIR source=common.sh
. "$(dirname -- "$(readlink -f -- "${BASH_SOURCE[0]}")")/common.sh"

programs=(soak tcp_server lab3 server mathserver server-s)

build() {
  local program arguments=()
  for program in "${programs[@]}"; do
    arguments+=(-p "$program")
  done
  find_target
  supervise in_root cargo build --release --locked "${arguments[@]}"
  BIN_DIR=$target/release
}

main() {
  local program
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
  supervise "$BIN_DIR/soak" "$@"
}

main "$@"
