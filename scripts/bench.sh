#!/usr/bin/env bash
# The numbers, as ratios: every program beside the bare loop of system calls that is its limit, and
# beside programs that many people have, where they are installed: redis-server, nginx, iperf3,
# socat.
#
# Use:   scripts/bench.sh             all figures
#        scripts/bench.sh FIGURE...   these only; a name's beginning will do: tcp_server, start
#        scripts/bench.sh growth      how the cost grows with the work
#        scripts/bench.sh --list      the names of the figures
#
# What begins with -- goes to `bench`, which explains it: target/release/bench --help. With
# `--rounds 11`, eleven rounds of each contender are measured, in turn, and not five.
#
# Builds in the release profile, prints a table of medians, with the range of the rounds, and
# their ratios, and leaves it as target/bench/bench.json, and the ratios as a chart in
# target/bench/bench.svg. The status is 0 also if a goal is missed: a busy machine is no failure.
# Each contender has one processor to itself and the load another; let nothing else run.
#
# Needs: bash, coreutils, and the Rust toolchain. Linux.

set -e
# shellcheck source-path=SCRIPTDIR source=common.sh
. "$(dirname -- "$(readlink -f -- "${BASH_SOURCE[0]}")")/common.sh"

main() {
  local argument results
  for argument in "$@"; do
    if [[ $argument == --help ]]; then
      usage
      return 0
    fi
  done
  find_target
  results=$target/bench
  supervise in_root cargo build --release --workspace --locked
  mkdir -p "$results"
  supervise "$target/release/bench" \
    --json "$results/bench.json" --svg "$results/bench.svg" "$@"
}

main "$@"
