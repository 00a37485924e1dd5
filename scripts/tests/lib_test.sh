#!/usr/bin/env bash
# The library of the shell tests, tested by small tests that pass, fail, skip and break.
# shellcheck source-path=SCRIPTDIR source=lib.sh disable=SC2016 # the small tests are quoted
set -e
. "$(dirname -- "$(readlink -f -- "${BASH_SOURCE[0]}")")/lib.sh"

# Bash cannot listen, so most programs here only print, wait and end.
bin=$work/bin
mkdir "$bin"

# program NAME: a program of standard input's lines.
program() {
  { printf '#!/usr/bin/env bash\n'; cat; } >"$bin/$1"
  chmod +x "$bin/$1"
}

program deaf <<<'printf "not going to listen on %s\n" "$*"; exec sleep 60'
program short <<<'printf "out of order\n" >&2; exit 3'
program polite <<<'trap "printf bye; exit 5" INT; printf "ready\n"; while :; do sleep 0.01; done'
program stubborn <<<'trap "" TERM; printf ready; exec sleep 60'
program parent <<<'sleep 60 & printf "%s\n" "$!"; wait'
program echoer <<<'printf "%s|" "$@"; cat; printf oops >&2; exit 4'

# A test of standard input's lines: its status is compared, its output is then in $output.
expect() {
  local got=0
  { printf '. %q\ndeadline=1\n' "$root/scripts/tests/lib.sh"; cat; } >"$work/test.sh"
  BIN_DIR=$bin bash "$work/test.sh" >"$work/test.log" 2>&1 || got=$?
  output=$(<"$work/test.log")
  [[ $got == "$1" ]] || fail "expected status $1, got $got from: $(<"$work/test.sh") $output"
}

expect 0 <<<'assert_equal "a b" "a b"; assert_contains "abc" b'
assert_equal "$output" '' 'the output of a test that passes'

expect 1 <<<'assert_equal 1 "2 3" "the answer"; printf unreached'
assert_equal "$output" 'FAILED: the answer: expected 2\ 3, got 1'

expect 1 <<<'assert_contains abc x "the letters"'
assert_contains "$output" 'the letters: x is missing in abc'

expect 77 <<<'skip "no such device"'
assert_equal "$output" 'skipped: no such device'

# Line 2 of the test sets the deadline.
expect 99 <<<'true
false
printf unreached'
assert_contains "$output" 'BROKE: line 4 of test.sh: status 1 from: false'
[[ $output != *unreached* ]] || fail 'a test goes on after it broke'

expect 99 <<<'inner() { false; }; outer() { inner; }; outer'
assert_contains "$output" 'from: false'

# A failure within $(...) is the test's.
expect 1 <<<'x=$(fail inside); printf unreached'
assert_equal "$output" 'FAILED: inside'

expect 99 <<<'start missing'
assert_contains "$output" 'run cargo build'

expect 1 <<<'start_server deaf --port PORT x'
assert_contains "$output" 'does not listen on port'
[[ $output =~ 'not going to listen on --port '[1-3][0-9]{4}' x' ]] || fail "no log: $output"

expect 1 <<<'start_server short PORT'
assert_contains "$output" 'ended before it listened'
assert_contains "$output" 'out of order'

expect 0 <<<'start polite; wait_for_text "$server_out" ready
stop INT; assert_equal "$status" 5; assert_equal "$(<"$server_out")" "ready
bye"'

expect 1 <<<'start stubborn; wait_for_text "$server_out" ready; stop TERM'
assert_contains "$output" 'still runs after 1 s'

expect 1 <<<'wait_until false'
assert_contains "$output" 'waited 1 s in vain for: false'

expect 0 <<<'printf typed | { run echoer a "b c"; assert_equal "$status" 4
assert_equal "$stdout" "a|b c|typed"; assert_equal "$stderr" oops; }'

expect 0 <<<'run deaf; assert_equal "$status" 124'

ln -s "$_bin_dir/mathserver" "$bin"
# On a busy machine, a real program takes its time.
expect 0 <<<'deadline=10; start_server mathserver --questions 0 --secret open5es! PORT
connect 3; assert_equal "$(receive_text 3 9)" "Sopen5es!"; assert_equal "$(receive_rest 3)" ""
disconnect 3; stop INT; assert_equal "$status" 0'
assert_equal "$output" '' 'the output of a test with a server'

expect 1 <<<'start deaf; wait_for_text "$server_out" never'
assert_contains "$output" 'waited 1 s in vain for never in 0.deaf.out'

gone() {
  ! kill -0 "$1" 2>/dev/null || [[ $(cat "/proc/$1/stat" 2>/dev/null) == *') Z '* ]]
}

# What a test started is gone after it, its children too.
expect 0 <<<'start parent; wait_until test -s "$server_out"; cat "$server_out"; printf "%s\n" "$server"'
for pid in $output; do
  # An orphan that ended may not have been collected yet by whoever has to: a zombie is gone too.
  wait_until gone "$pid"
done

# Connections, to a file instead of a socket.
expect 0 <<<'printf "ab\0\ncdef" >"$work/in"; exec 3<"$work/in" 4>"$work/out"
assert_equal "$(receive 3 4)" "61 62 00 0a"; assert_equal "$(receive_text 3 2)" cd
assert_equal "$(receive_rest 3)" "65 66"; assert_equal "$(receive_rest 3)" ""
send_hex 4 "00 ff0a  20"; send_text 4 "%s\\n"; send_file 4 "$work/in"; disconnect 4
assert_equal "$(to_hex <"$work/out")" "00 ff 0a 20 25 73 5c 6e 61 62 00 0a 63 64 65 66"'

# The second half comes when the first has been taken.
expect 0 <<<'mkfifo "$work/pipe"; exec 3<>"$work/pipe"; printf ab >&3
(wait_until test -s "$work/received.3"; printf cdef >&3) &
assert_equal "$(receive_text 3 4)" abcd; assert_equal "$(receive_text 3 2)" ef'

expect 1 <<<'printf abc >"$work/in"; exec 3<"$work/in"; x=$(receive 3 4)'
assert_contains "$output" 'wanted 4 bytes, received 3: 61 62 63'

expect 1 <<<'mkfifo "$work/pipe"; exec 3<>"$work/pipe"; printf abc >&3; x=$(receive 3 4)'
assert_contains "$output" 'wanted 4 bytes, received 3: 61 62 63'

expect 1 <<<'mkfifo "$work/pipe"; exec 3<>"$work/pipe"; printf abc >&3; receive_rest 3'
assert_contains "$output" 'no close after 1 s, received: 61 62 63'

expect 1 <<<'_choose_port; connect 3'
assert_contains "$output" 'cannot connect to port'
