#!/usr/bin/env bash
# Holds every program to its assignment again and again, to see whether a check is ever wrong.
#
# Use:   scripts/strict.sh                    ten times each program
#        scripts/strict.sh RUNS               as often as this
#        scripts/strict.sh RUNS PROGRAM...    these programs only
#
# Every run is `conform --strict` with the program's whole list. One line for each program: how
# many runs held everything, and how long the slowest took. The reports of runs that did not are in
# the target folder. The status is 1 if there was such a run, 2 if the arguments are wrong.
#
# Needs: bash, coreutils, and the Rust toolchain.

set -e
# shellcheck source-path=SCRIPTDIR source=common.sh
. "$(dirname -- "$(readlink -f -- "${BASH_SOURCE[0]}")")/common.sh"

reports=''              # the folder of the reports

# Runs the checks of a program several times.
repeat() {
  local program=$1 runs=$2 run held=0 slowest=0 start report
  for ((run = 1; run <= runs; run++)); do
    report=$reports/$program.$run.txt
    start=$SECONDS
    if supervise "$target/debug/conform" --strict "$program" -- "$target/debug/$program" \
      >"$report" 2>&1; then
      held=$((held + 1))
    fi
    ((SECONDS - start <= slowest)) || slowest=$((SECONDS - start))
  done
  printf '%-11s %2s of %s runs held everything, the slowest took %2s s; %s\n' \
    "$program" "$held" "$runs" "$slowest" "$(tail -n 1 "$report")"
  ((held == runs))
}

main() {
  local runs=${1:-10} program status=0
  if [[ $runs == --help ]]; then
    usage
    return 0
  fi
  if [[ ! $runs =~ ^[1-9][0-9]{0,3}$ ]]; then
    printf 'how often is a number from 1 to 9999, not %q\n' "$runs" >&2
    return 2
  fi
  for program in "${@:2}"; do
    if ! is_one_of "$program" "${programs[@]}"; then
      printf 'unknown program %q; they are: %s\n' "$program" "${programs[*]}" >&2
      return 2
    fi
  done
  (($# < 2)) || programs=("${@:2}")

  find_target
  reports=$target/strict
  supervise in_root cargo build --locked --package conform "${programs[@]/#/--package=}"
  rm -rf "$reports"
  mkdir -p "$reports"
  for program in "${programs[@]}"; do
    repeat "$program" "$runs" || status=1
  done
  return "$status"
}

main "$@"
