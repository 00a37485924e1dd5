#!/usr/bin/env bash
# Everything that must pass.
#
# Use:   scripts/test.sh           all steps
#        scripts/test.sh STEP...   these only
#
#   fmt      the code is formatted
#   build    the programs and the tests, in the dev profile: with overflow checks and debug
#            assertions; test, shell and soak build first in any case
#   clippy   no lint speaks up; with $CI set, the step build finds them already
#   doc      the documentation builds without a warning
#   unix     the workspace compiles for another Unix: aarch64-apple-darwin, where it is installed
#   test     every test of the workspace
#   shell    scripts/tests/*.sh
#   soak     ten seconds of honest and hostile load on all servers together
#
# From clippy to shell, the steps run together, several test programs at a time: most of them wait for
# a timeout most of the time. Every step runs, also after one that failed; the status is the worst
# of theirs, or 2 if a step is unknown. The output of what fails is shown; all logs stay in the
# target folder.
#
# Needs: bash 5.1 or later, coreutils, and the Rust toolchain with rustfmt and clippy.

set -e
# shellcheck source-path=SCRIPTDIR source=common.sh
. "$(dirname -- "$(readlink -f -- "${BASH_SOURCE[0]}")")/common.sh"
shopt -s nullglob

all_steps=(fmt build clippy doc unix test shell soak)
# Those of cargo wait for each other.
jobs_at_once=8
# Of a test program that does not know better itself.
threads_of_a_test=4
# A job that takes longer than this many seconds hangs.
job_timeout=600
other_unix=aarch64-apple-darwin

logs=''                 # the folder of the logs
steps=()                # what was asked for
jobs=()                 # STEP/NAME of each job, in the order of their start
declare -A commands=()  # the command line of each job, quoted
declare -A running=()   # the job of each process id
declare -A started=()   # when each job was started, in $SECONDS
declare -A counts=([passed]=0 [failed]=0 [broken]=0 [skipped]=0)   # of jobs
declare -A statuses=()  # the worst of each step
declare -A durations=() # of each step, in seconds

end_jobs() {
  local status=$? pid
  for pid in "${!running[@]}"; do
    # To `timeout`, which passes it on; the tests then clean up after themselves.
    kill -TERM "$pid" 2>/dev/null || continue
    wait "$pid" 2>/dev/null || true
  done
  (exit "$status") || end_child
}
trap end_jobs EXIT

# --- The steps ---

step_fmt() {
  need_component fmt rustfmt && supervise in_root cargo fmt --all --check
}

# All in one, so that no library is built twice, with other features.
step_build() {
  supervise in_root cargo build --workspace --all-targets --locked
}

step_clippy() {
  need_component clippy clippy || return
  [[ ${RUSTC_WORKSPACE_WRAPPER:-} == clippy-driver ]] ||
    add_job clippy clippy nice cargo clippy --workspace --all-targets --locked -- -D warnings
}

step_doc() {
  add_job doc doc env RUSTDOCFLAGS='-D warnings' nice cargo doc --no-deps --workspace --locked
}

step_unix() {
  local library
  library=$(rustc --print target-libdir --target "$other_unix")
  if [[ -d $library ]]; then
    add_job unix "$other_unix" env RUSTFLAGS='-D warnings' \
      nice cargo check --workspace --locked --target "$other_unix"
  else
    printf 'skipped: rustup target add %s\n' "$other_unix"
  fi
}

# Has cargo list the test programs instead of running them, each as a script that runs it as cargo
# would. Documentation tests are no programs.
step_test() {
  local list=$logs/test.list program name programs
  local runner='{ export -p; printf "cd %q; exec" "$PWD"; printf " %q" "$@"; } \
    >"$(mktemp "$LIST/$CARGO_PKG_NAME.$(basename "${1%-*}").XXXX")"'
  mkdir "$list"
  LIST=$list RUST_TEST_THREADS=$threads_of_a_test supervise in_root \
    cargo test --workspace --lib --bins --tests --locked --quiet \
    --config "target.'cfg(all())'.runner = ['bash', '-c', '''$runner''', 'list']" || return
  add_job test documentation nice cargo test --doc --workspace --locked --no-fail-fast
  # conform's take longest: they are the first.
  programs=("$list"/conform.*)
  for program in "$list"/*; do
    [[ $program == */conform.* ]] || programs+=("$program")
  done
  for program in "${programs[@]}"; do
    name=${program##*/}
    add_job test "${name%.*}" bash "$program"
  done
  ((${#programs[@]} > 0))
}

step_shell() {
  local test name
  for test in "$root"/scripts/tests/*.sh; do
    name=${test##*/}
    [[ $name == lib.sh ]] || add_job shell "${name%.sh}" env "BIN_DIR=$target/debug" bash "$test"
  done
}

step_soak() {
  BIN_DIR=$target/debug supervise "$root/scripts/soak.sh" 10
}

# What some tests need, which are skipped without it.
install_tools() {
  local packages=()
  [[ -n ${CI:-} ]] && ((EUID == 0)) || return 0
  command -v tshark >/dev/null || packages+=(tshark iproute2)
  command -v chromedriver >/dev/null || packages+=(chromium chromium-driver)
  ((${#packages[@]} > 0)) || return 0
  { apt-get update -qq && DEBIAN_FRONTEND=noninteractive \
    apt-get install -y -qq --no-install-recommends "${packages[@]}"; } </dev/null >/dev/null 2>&1 ||
    printf 'cannot be installed: %s; the tests that need them are skipped\n' "${packages[*]}"
}

need_component() {
  cargo "$1" --version >/dev/null 2>&1 && return
  printf 'cargo %s is missing: rustup component add %s\n' "$1" "$2" >&2
  return 1
}

# --- Jobs: status 0 passed, 77 skipped, 99 broken, anything else failed ---

# add_job STEP NAME COMMAND [ARG...]
add_job() {
  local job=$1/$2
  shift 2
  # Two test programs of a package may have one name: those of its library and its program.
  while [[ -n ${commands[$job]:-} ]]; do job+=+; done
  jobs+=("$job")
  commands[$job]=${*@Q}
}

run_jobs() {
  local job
  for job in "${jobs[@]}"; do
    ! leaves_no_time "$job" || continue
    ((${#running[@]} < jobs_at_once)) || end_job
    start_job "$job"
  done
  while ((${#running[@]} > 0)); do end_job; done
  for job in "${jobs[@]}"; do
    leaves_no_time "$job" || continue
    start_job "$job"
    end_job
  done
  printf '%s passed, %s failed, %s broken, %s skipped; logs are in %s\n' \
    "${counts[passed]}" "${counts[failed]}" "${counts[broken]}" "${counts[skipped]}" "$logs"
}

# Their programs flood the machine: beside others they would be their trouble.
leaves_no_time() {
  [[ $1 == test/conform.dishonest* || $1 == test/conform.layers* || $1 == test/harness.tree* ]]
}

# Programs ignore the signals that whoever started them ignores: a shell does that to what runs in
# the background, and nohup. The tests send these signals.
start_job() {
  mkdir -p "$logs/${1%/*}"
  set -m
  in_root timeout --kill-after=10 "$job_timeout" \
    env --default-signal=HUP,INT,QUIT bash -c "${commands[$1]}" \
    </dev/null >"$logs/$1.log" 2>&1 &
  set +m
  running[$!]=$1
  started[$1]=$SECONDS
}

# Waits for the next of the running jobs to end, and shows how it did.
end_job() {
  local pid job step verdict reason='' status=0
  wait -n -p pid "${!running[@]}" || status=$?
  job=${running[$pid]} step=${job%/*}
  unset "running[$pid]"
  case $status in
    0) verdict=passed ;;
    77) verdict=skipped ;;
    99) verdict=broken ;;
    124 | 137) verdict=broken reason=": not over after $job_timeout s" status=99 ;;
    *) verdict=failed reason=": status $status" ;;
  esac
  counts[$verdict]=$((counts[$verdict] + 1))
  printf '%-8s %4s s  %s%s\n' "$verdict" "$((SECONDS - started[$job]))" "$job" "$reason"
  show_log "$verdict" <"$logs/$job.log"
  ((status == 77)) || ended "$step" "$status"
}

# Of what passed, the results alone; of all the rest, all but the tests that passed.
show_log() {
  local line
  while IFS= read -r line || [[ -n $line ]]; do
    if [[ $line == 'test result: '* || ($1 != passed && $line != 'test '*' ok') ]]; then
      printf '%s\n' "$line"
    fi
  done
}

# --- All of it ---

# ended STEP STATUS: of a step, or of a part of it.
ended() {
  (($2 <= ${statuses[$1]:-0})) || statuses[$1]=$2
  durations[$1]=$((SECONDS - since))
}

# run_steps STEP...: those of them that were asked for, and their jobs together.
run_steps() {
  local step status since=$SECONDS
  for step in "$@"; do
    is_one_of "$step" "${steps[@]}" || continue
    printf '\n=== %s\n' "$step"
    status=0
    "step_$step" || status=$?
    ended "$step" "$status"
  done
  ((${#jobs[@]} == 0)) || run_jobs
  jobs=()
}

# What must pass, and the time that it took.
summary() {
  printf '%-8s %4s s  ' "$1" "$2"
  if (($3 == 0)); then printf 'passed\n'; else printf 'FAILED with status %s\n' "$3"; fi
}

main() {
  local step status worst=0
  steps=("$@")
  ((${#steps[@]} > 0)) || steps=("${all_steps[@]}")
  for step in "${steps[@]}"; do
    if [[ $step == --help ]]; then
      usage
      return 0
    fi
    if ! is_one_of "$step" "${all_steps[@]}"; then
      printf 'unknown step %q; the steps are: %s\n' "$step" "${all_steps[*]}" >&2
      return 2
    fi
  done
  for step in test shell soak; do
    ! is_one_of "$step" "${steps[@]}" || steps+=(build)
  done

  find_target
  # There, everything is built once, clippy's lints included, and nobody debugs it.
  if [[ -n ${CI:-} ]]; then
    export CARGO_INCREMENTAL=0 CARGO_PROFILE_DEV_DEBUG=false RUSTFLAGS='-D warnings'
    need_component clippy clippy && export RUSTC_WORKSPACE_WRAPPER=clippy-driver
    ! is_one_of clippy "${steps[@]}" || steps+=(build)
  fi
  logs=$target/tests
  rm -rf "$logs"
  mkdir -p "$logs"
  install_tools
  run_steps fmt
  run_steps build
  run_steps clippy doc unix test shell
  run_steps soak

  printf '\n'
  for step in "${all_steps[@]}"; do
    is_one_of "$step" "${steps[@]}" || continue
    status=${statuses[$step]:-0}
    ((status <= worst)) || worst=$status
    summary "$step" "${durations[$step]}" "$status"
  done
  summary 'in all' "$SECONDS" "$worst"
  return "$worst"
}

main "$@"
