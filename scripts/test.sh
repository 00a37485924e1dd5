#!/usr/bin/env bash
# Everything that must pass.
#
# Use:   scripts/test.sh           all steps, in this order
#        scripts/test.sh STEP...   these only
#
#   fmt      the code is formatted
#   clippy   no lint speaks up
#   doc      the documentation builds without a warning
#   build    the programs, in the dev profile: `test` needs them anyway, so the shell tests cost
#            no second, slow build, and they run with overflow checks and debug assertions
#   test     every test of the workspace
#   shell    scripts/tests/*.sh, several at a time; builds first
#   soak     ten seconds of honest and hostile load on all servers together; builds first
#
# Every step runs, also after one that failed; the status is the worst of theirs, or 2 if a step
# is unknown. The shell tests' logs stay in the target folder and are shown if one fails.
#
# Needs: bash 5.1 or later, coreutils, and the Rust toolchain with rustfmt and clippy.

set -euo pipefail

all_steps=(fmt clippy doc build test shell soak)

# A shell test that takes longer than this many seconds hangs.
shell_timeout=300
shell_jobs=4

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$root"
target=${CARGO_TARGET_DIR:-$root/target}
declare -A running=()   # the log of each shell test that runs, by its process id
declare -A counts=()    # of shell tests, by verdict

cleanup() {
  local status=$? pid
  trap - EXIT
  for pid in "${!running[@]}"; do
    # To `timeout`, which passes it on; the tests then clean up after themselves.
    kill -TERM "$pid" 2>/dev/null || continue
    wait "$pid" 2>/dev/null || true
  done
  exit "$status"
}
trap cleanup EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM

# --- The steps ---

step_fmt() {
  need_component fmt rustfmt && cargo fmt --all --check
}

step_clippy() {
  need_component clippy clippy &&
    cargo clippy --workspace --all-targets --locked -- -D warnings
}

step_doc() {
  RUSTDOCFLAGS="-D warnings" cargo doc --no-deps --workspace --locked
}

step_build() {
  cargo build --workspace --locked
}

# Programs ignore the signals that whoever started them ignores: a shell does that to what runs in
# the background, and nohup. The tests send these signals.
step_test() {
  env --default-signal=HUP,INT,QUIT cargo test --workspace --locked --no-fail-fast
}

step_shell() {
  step_build && run_shell_tests
}

step_soak() {
  step_build && BIN_DIR=$target/debug scripts/soak.sh 10
}

need_component() {
  cargo "$1" --version >/dev/null 2>&1 && return
  printf 'cargo %s is missing: rustup component add %s\n' "$1" "$2" >&2
  return 1
}

# --- The shell tests: status 0 passed, 1 failed, 77 skipped, anything else is broken ---

run_shell_tests() {
  local test name
  local logs=$target/shell-tests
  counts=([passed]=0 [failed]=0 [skipped]=0 [broken]=0)
  mkdir -p "$logs"
  for test in scripts/tests/*.sh; do
    name=$(basename "$test" .sh)
    [[ $name != lib ]] || continue
    ((${#running[@]} < shell_jobs)) || end_shell_test
    # With job control, SIGINT and SIGQUIT are not ignored in what runs in the background.
    set -m
    BIN_DIR=$target/debug timeout --kill-after=10 "$shell_timeout" bash "$test" \
      </dev/null >"$logs/$name.log" 2>&1 &
    set +m
    running[$!]=$logs/$name.log
  done
  while ((${#running[@]} > 0)); do end_shell_test; done

  printf '%s passed, %s failed, %s broken, %s skipped; logs are in %s\n' \
    "${counts[passed]}" "${counts[failed]}" "${counts[broken]}" "${counts[skipped]}" "$logs"
  ((counts[broken] == 0)) || return 99
  ((counts[failed] == 0)) || return 1
}

# Waits for the next of the running tests to end, and says how it did.
end_shell_test() {
  local pid log verdict reason='' status=0
  wait -n -p pid "${!running[@]}" || status=$?
  log=${running[$pid]}
  unset "running[$pid]"
  case $status in
    0) verdict=passed ;;
    1) verdict=failed ;;
    77) verdict=skipped ;;
    124 | 137) verdict=broken reason=": not over after $shell_timeout s" ;;
    *) verdict=broken reason=": status $status" ;;
  esac
  counts[$verdict]=$((counts[$verdict] + 1))
  printf '%-8s %s%s\n' "$verdict" "$(basename "$log" .log)" "$reason"
  # The log of a skipped test is its reason.
  [[ $verdict == passed ]] || indent <"$log"
}

indent() {
  local line
  while IFS= read -r line || [[ -n $line ]]; do printf '    %s\n' "$line"; done
}

# --- All of it ---

# The comment at the top of this file.
usage() {
  local line
  while IFS= read -r line && [[ $line == '#'* ]]; do
    [[ $line == '#!'* ]] || printf '%s\n' "${line#\#}"
  done <scripts/test.sh
}

is_step() {
  local step
  for step in "${all_steps[@]}"; do
    [[ $step != "$1" ]] || return 0
  done
  return 1
}

main() {
  local step status start worst=0 summary=''
  local steps=("$@")
  ((${#steps[@]} > 0)) || steps=("${all_steps[@]}")
  for step in "${steps[@]}"; do
    if [[ $step == --help ]]; then
      usage
      return 0
    fi
    if ! is_step "$step"; then
      printf 'unknown step %q; the steps are: %s\n' "$step" "${all_steps[*]}" >&2
      return 2
    fi
  done

  for step in "${steps[@]}"; do
    printf '\n=== %s\n' "$step"
    start=$SECONDS status=0
    "step_$step" || status=$?
    ((status <= worst)) || worst=$status
    summary+=$(printf '%-8s %6s s  %s' "$step" "$((SECONDS - start))" "$(outcome "$status")")$'\n'
    printf '=== %s: %s, %s s\n' "$step" "$(outcome "$status")" "$((SECONDS - start))"
  done
  printf '\n%s%-8s %6s s  %s\n' "$summary" 'in all' "$SECONDS" "$(outcome "$worst")"
  return "$worst"
}

outcome() {
  if (($1 == 0)); then printf 'passed'; else printf 'FAILED with status %s' "$1"; fi
}

main "$@"
