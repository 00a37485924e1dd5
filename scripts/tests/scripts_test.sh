#!/usr/bin/env bash
# The scripts themselves: from any folder, by any name, with any target folder; and what they
# started ends with them. A cargo that only says what it was asked stands for the real one.
# shellcheck source-path=SCRIPTDIR source=lib.sh disable=SC2016 # the programs are quoted
set -e
. "$(dirname -- "$(readlink -f -- "${BASH_SOURCE[0]}")")/lib.sh"

copy=$work/copy         # of the scripts, with hardly anything beside them
target=$work/target     # cargo's target folder
mkdir -p "$copy/crates" "$work/bin" "$target"/{debug,release} "$work/elsewhere"
cp -R "$root/scripts" "$copy"
printf '// a source\n' >"$copy/crates/lib.rs"
ln -s "$copy/scripts" "$work/linked"
mkdir "$work/names"
for script in bench demo soak strict test; do
  ln -s "../copy/scripts/$script.sh" "$work/names/$script.sh"
done

# program PATH: a program of standard input's lines.
program() {
  { printf '#!/usr/bin/env bash\n'; cat; } >"$1"
  chmod +x "$1"
}

# It builds nothing; its `build` lasts as long as there is a file "slow_build".
program "$work/bin/cargo" <<'CARGO'
printf '%s\n' "$PWD: $*" >>"$WORK/cargo.log"
case $1 in
  metadata)
    target=${CARGO_TARGET_DIR:-${CARGO_BUILD_TARGET_DIR:-}}
    printf '{"packages":[],"target_directory":"%s","version":1}\n' "${target:-$WORK/target}" ;;
  test)
    # As cargo does with the runner that it is given, for a test that passes and one that fails.
    for word in "$@"; do
      [[ $word == *"'''"* ]] || continue
      runner=${word#*"'''"}
      for name in good-0123 bad-4567; do
        CARGO_PKG_NAME=pack bash -c "${runner%"'''"*}" list "$WORK/bin/$name" --test-threads 4
      done
    done ;;
  fmt) [[ $2 != --all || ! -e $WORK/unformatted ]] ;;
  build)
    printf '%s\n' "$$" >"$WORK/build.pid"
    while [[ -e $WORK/slow_build ]]; do sleep 0.05; done ;;
esac
CARGO
program "$work/bin/good-0123" <<<'printf "test one ... ok\n\ntest result: ok. 1 passed; $*\n"'
program "$work/bin/bad-4567" <<'TEST'
printf 'test two ... ok\ntest three ... FAILED\n\nin %s: 1 is not 2\n' "$PWD"
printf 'test result: FAILED. 1 passed; 1 failed\n'
exit 101
TEST
program "$work/bin/rustc" <<<'printf "/no/such/library\n"'
# Programs that run as long as there is a file "slow".
for name in debug/conform release/bench release/soak; do
  program "$target/$name" <<'PROGRAM'
printf '%s\n' "$$" >"$WORK/${0##*/}.pid"
while [[ -e $WORK/slow ]]; do sleep 0.05; done
printf '%s\n' "${0##*/} $*" >>"$WORK/ran.log"
PROGRAM
done
for name in tcp_server tcp_client server-s accio lab4 mathserver lab3 lab2 server client; do
  program "$target/debug/$name" <<<'exit 1'
  program "$target/release/$name" <<<'exit 1'
done

export WORK=$work PATH=$work/bin:$PATH
unset BIN_DIR CARGO_TARGET_DIR CARGO_BUILD_TARGET_DIR CI RUSTC_WORKSPACE_WRAPPER

# Runs a script in a folder: script FOLDER COMMAND [ARG...]. Sets status, stdout and stderr.
script() {
  status=0
  : >"$work/ran.log"
  (cd -- "$1" && timeout "$deadline" "${@:2}") >"$work/run.out" 2>"$work/run.err" </dev/null ||
    status=$?
  stdout=$(<"$work/run.out")
  stderr=$(<"$work/run.err")
}

# --- From any folder, by any name, with a CDPATH ---

export CDPATH=.:$work/elsewhere:/
mkdir -p "$work/elsewhere/scripts/tests"
for name in "scripts" "$copy/scripts" "$work/linked" "$work/names"; do
  folder=$copy
  script "$folder" "$name/strict.sh" 1 lab4
  assert_equal "$status" 0 "the status of $name/strict.sh, which printed: $stdout $stderr"
  assert_contains "$(<"$work/ran.log")" "conform --strict lab4 -- $target/debug/lab4" "$name"
  script "$folder" "$name/bench.sh" start
  assert_equal "$status" 0 "the status of $name/bench.sh, which printed: $stdout $stderr"
  assert_contains "$(<"$work/ran.log")" "bench --json $target/bench/bench.json" "$name"
  script "$folder" "$name/soak.sh" 1
  assert_equal "$status" 0 "the status of $name/soak.sh, which printed: $stdout $stderr"
  assert_contains "$(<"$work/ran.log")" 'soak 1' "$name"
  script "$folder" "$name/test.sh" fmt
  assert_equal "$status" 0 "the status of $name/test.sh, which printed: $stdout $stderr"
  # The servers of this copy end at once, so the demonstration must fail.
  script "$folder" "$name/demo.sh"
  assert_equal "$status" 1 "the status of $name/demo.sh, which printed: $stdout $stderr"
  assert_contains "$stderr" 'the server ended before it listened' "$name/demo.sh"
  [[ $stdout != *right* ]] || fail "$name/demo.sh found something right: $stdout"
done
while read -r line; do
  [[ $line == "$copy: "* ]] || fail "cargo ran elsewhere: $line"
done <"$work/cargo.log"
for script in bench soak strict test; do
  script / "$work/names/$script.sh" --help
  assert_contains "$stdout" "scripts/$script.sh" "the help of $script.sh"
done
unset CDPATH

# Without the library a demonstration is not right, but broken.
mv "$copy/scripts/tests/lib.sh" "$work/lib.sh"
script "$copy" scripts/demo.sh
[[ $status != 0 && $stdout != *right* ]] || fail "a demonstration of nothing: $status, $stdout"
script "$copy" scripts/tests/accio.sh
assert_equal "$status" 1 'the status of a test without its library'
mv "$work/lib.sh" "$copy/scripts/tests/lib.sh"

# --- Cargo's target folder ---

mv "$target" "$work/elsewhere/target"
target=$work/elsewhere/target
for variable in CARGO_TARGET_DIR CARGO_BUILD_TARGET_DIR; do
  for folder in "$target" target; do
    script "$work/elsewhere" env "$variable=$folder" "$copy/scripts/strict.sh" 1 lab4
    assert_equal "$status" 0 "the status with $variable=$folder; it printed: $stdout $stderr"
    assert_contains "$(<"$work/ran.log")" "$target/debug/lab4" "$variable=$folder"
  done
done
mv "$target" "$work/target"
target=$work/target

# --- All tests: what fails is shown, what passed is counted, and the worst status is the status ---

script "$work" "$copy/scripts/test.sh" test
assert_equal "$status" 101 "the status of a failing test; test.sh printed: $stdout $stderr"
assert_contains "$stdout" $'s  test/pack.good\ntest result: ok. 1 passed; --test-threads 4'
assert_contains "$stdout" 's  test/pack.bad: status 101'
assert_contains "$stdout" "test three ... FAILED"$'\n\n'"in $copy: 1 is not 2"
assert_contains "$stdout" 'test result: FAILED. 1 passed; 1 failed'
[[ $stdout != *'test two'* ]] || fail 'a test that passed is shown'
assert_contains "$stdout" '2 passed, 1 failed, 0 broken, 0 skipped; logs are in '

: >"$work/unformatted"
script "$work" "$copy/scripts/test.sh" fmt clippy unix
assert_equal "$status" 1 "the status of sources that are not formatted; it printed: $stdout $stderr"
assert_contains "$stdout" 'FAILED with status 1'
assert_contains "$stdout" $' s  clippy/clippy\n1 passed, 0 failed, 0 broken, 0 skipped; '
assert_contains "$stdout" 'skipped: rustup target add'
rm "$work/unformatted"

script "$work" "$copy/scripts/test.sh" nothing
assert_equal "$status" 2 'the status of an unknown step'

# --- What ends a script ends what it started ---

gone() {
  ! kill -0 "$1" 2>/dev/null || [[ $(cat "/proc/$1/stat" 2>/dev/null) == *') Z '* ]]
}

# Starts a script, waits until it has started a program, and sends a signal to the script alone or
# to its group, as a terminal does: end_with SIGNAL STATUS GROUP PROGRAM SCRIPT [ARG...]
end_with() {
  local target=''
  rm -f "$work/$4.pid"
  _start "$work/ended" "${@:5}"
  wait_until test -s "$work/$4.pid"
  [[ $3 == alone ]] || target=-
  kill -s "$1" -- "$target$server"
  wait_exit
  assert_equal "$status" "$2" "the status of $5 after SIG$1; it printed: $(<"$work/ended.err")"
  wait_until gone "$(<"$work/$4.pid")"
}

# Named as in a test: start, with a path.
_start() {
  set -m
  "${@:2}" </dev/null >"$1.out" 2>"$1.err" &
  set +m
  server=$!
  _started+=("$server")
}

: >"$work/slow_build"
for whom in alone group; do
  end_with INT 130 "$whom" build "$copy/scripts/bench.sh"
  end_with INT 130 "$whom" build "$copy/scripts/strict.sh" 1 lab4
  end_with TERM 143 "$whom" build "$copy/scripts/soak.sh" 1
  end_with INT 130 "$whom" build "$copy/scripts/test.sh" build
done
end_with INT 130 group build "$copy/scripts/demo.sh"
end_with TERM 143 group build "$copy/scripts/demo.sh"

rm "$work/slow_build"
: >"$work/slow"
for whom in alone group; do
  for signal in INT:130 TERM:143 HUP:129; do
    end_with "${signal%:*}" "${signal#*:}" "$whom" bench "$copy/scripts/bench.sh"
    end_with "${signal%:*}" "${signal#*:}" "$whom" conform "$copy/scripts/strict.sh" 1 lab4
    end_with "${signal%:*}" "${signal#*:}" "$whom" soak "$copy/scripts/soak.sh" 1
  done
done
