#!/usr/bin/env bash
# tcp_client sends the lines of a file to tcp_server and prints the answers, in order.
# shellcheck source-path=SCRIPTDIR source=lib.sh
set -e
. "$(dirname -- "$(readlink -f -- "${BASH_SOURCE[0]}")")/lib.sh"

start_server tcp_server -p PORT

# TC-1, TC-2: one request a line, one answer a line.
printf 'uppercase Hello World\nreverse abc\r\n\nlowercase STRASSE\nuppercase straße\n' >"$work/requests"
run tcp_client -p "$port" "$work/requests"
assert_equal "$status $stderr" '0 ' 'status and errors'
assert_equal "$stdout" $'HELLO WORLD\ncba\nstrasse\nSTRASSE' 'the answers'

# TC-1: the message is all that follows the first space, and may be empty.
run tcp_client -h 127.0.0.1 "--port=$port" - < <(printf 'reverse  b a\nreverse \nreverse x')
assert_equal "$(to_hex <"$work/run.out")" '61 20 62 20 0a 0a 78 0a' 'answers with spaces'

# TC-2: 200,000 requests, answered in order; the same when answers have any length.
seq 1 200000 | sed 's/^/reverse line /' >"$work/requests"
run tcp_client -p "$port" - <"$work/requests"
assert_equal "$status $stderr" '0 ' 'status and errors for 200,000 lines'
seq 1 200000 | sed 's/^/line /' | rev | cmp - "$work/run.out" || fail 'answers are not in order'
sed '0~3 s/reverse/random/' "$work/requests" | run tcp_client -p "$port" -
sed -n '0~3! p' "$work/run.out" >"$work/others"
seq 1 200000 | sed -n '0~3! s/^/line /p' | rev | cmp - "$work/others" || fail 'the framing slipped'

# TC-2: answers appear as lines come, as with `tail -f log | tcp_client -`.
mkfifo "$work/lines"
exec 5<>"$work/lines"
run tcp_client -p "$port" - <"$work/lines" 5>&- &
client=$!
for word in one two three; do
  printf 'uppercase %s\n' "$word" >&5
  wait_for_text "$work/run.out" "${word^^}"
done
exec 5>&-
wait "$client"

# TC-3: lines that are no requests are reported with their numbers, and the rest is sent.
run tcp_client -p "$port" - < <(printf 'reverse ab\nshout x\nrandom\nreverse cd\n')
assert_equal "$status $stdout" $'1 ba\ndc' 'status and answers around wrong lines'
assert_contains "$stderr" '-:2: unknown action "shout"' 'the error of line 2'
assert_contains "$stderr" '-:3: no space after the action "random"' 'the error of line 3'

# TC-4: nobody there, no such host, no such file, and wrong usage.
stop INT
run tcp_client -p "$port" - </dev/null
assert_equal "$status $stdout" '1 ' 'status and output without a server'
assert_contains "$stderr" 'connection refused' 'the error without a server'
run tcp_client -h no.host.invalid - </dev/null
assert_equal "$status $stdout" '1 ' 'status and output without a host'
run tcp_client "$work/nowhere"
assert_equal "$status $stdout" '1 ' 'status and output without a file'
for arguments in '' '-p x -' '-x -' 'a b'; do
  # shellcheck disable=SC2086 # several arguments in one word
  run tcp_client $arguments
  assert_equal "$status $stdout" '2 ' "status and output of tcp_client $arguments"
done
