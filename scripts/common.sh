# shellcheck shell=bash disable=SC2034 # the variables below are for the scripts
# What the scripts beside this file share: sourced by each of them.

set -euo pipefail
# With it, `cd` may go elsewhere, and prints where.
unset CDPATH

root=$(cd -P -- "$(dirname -- "${BASH_SOURCE[0]}")/.." && pwd)
script=$(readlink -f -- "$0")
target=''               # cargo's target folder, once `find_target` found it
child=''                # the process group of the command that `supervise` runs

# Those of the assignments.
programs=(tcp_server tcp_client server-s accio lab4 mathserver lab3 lab2 server client)

# The comment at the top of the script.
usage() {
  local line
  while IFS= read -r line && [[ $line == '#'* ]]; do
    [[ $line == '#!'* ]] || printf '%s\n' "${line#\#}"
  done <"$script"
}

# is_one_of WORD ITEM...
is_one_of() {
  local item
  for item in "${@:2}"; do
    [[ $item != "$1" ]] || return 0
  done
  return 1
}

# Cargo reads its settings from the folder in which it runs, and above.
in_root() (
  cd -- "$root"
  exec "$@"
)

# Sets target, as the environment or a configuration of cargo says.
find_target() {
  local name metadata
  for name in CARGO_TARGET_DIR CARGO_BUILD_TARGET_DIR; do
    # Cargo will run in another folder than this one.
    [[ -z ${!name:-} || ${!name} == /* ]] || export "$name=$PWD/${!name}"
  done
  metadata=$(in_root cargo metadata --format-version 1 --no-deps)
  target=${metadata##*'"target_directory":"'}
  target=${target%%'"'*}
  [[ $target == /* && $target != *\\* ]] && return
  printf 'the target folder of cargo cannot be used: %q\n' "$target" >&2
  return 1
}

# Runs a command, which ends when the script does: supervise COMMAND [ARG...]
supervise() {
  local status=0
  # With job control it is a process group, and its SIGINT and SIGQUIT are not ignored.
  set -m
  "$@" </dev/null &
  set +m
  child=$!
  # A signal to the script ends the wait.
  wait "$child" || status=$?
  child=''
  return "$status"
}

end_child() {
  local status=$?
  trap - EXIT
  if [[ -n $child ]]; then
    kill -TERM -- "-$child" 2>/dev/null || true
    wait "$child" 2>/dev/null || true
  fi
  exit "$status"
}
trap end_child EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM
