#!/usr/bin/env bash
# tcp_server transforms text for anyone who can write a header: what netcat shows, with bash alone.
# shellcheck source-path=SCRIPTDIR source=lib.sh
set -e
. "$(dirname -- "$(readlink -f -- "${BASH_SOURCE[0]}")")/lib.sh"

start_server tcp_server -p PORT
connect 3

# T-1, T-2, T-11: the example of the assignment's protocol, eleven bytes shuffled.
send_hex 3 '40 00 00 0b'
send_text 3 'Hello World'
assert_equal "$(receive 3 4)" '00 00 00 0b' 'the length of a shuffled message'
letters=$(receive_text 3 11 | fold -w 1 | LC_ALL=C sort | tr -d '\n')
assert_equal "$letters" ' HWdellloor' 'the letters of a shuffled message'

# T-3, T-9, T-10, T-14: the other actions; the response has the length of the transformed text.
for line in \
  '08000005|hello|00 00 00 05|HELLO' \
  '08000007|straße|00 00 00 07|STRASSE' \
  '10000008|ÄÖ ABC|00 00 00 08|äö abc' \
  '20000008|aé漢zx|00 00 00 08|xz漢éa' \
  '80000000||00 00 00 00|'; do
  IFS='|' read -r header text length answer <<<"$line"
  send_hex 3 "$header"
  send_text 3 "$text"
  assert_equal "$(receive 3 4)" "$length" "the length for '$text'"
  count=$((16#${length: -2}))
  ((count == 0)) || assert_equal "$(receive_text 3 "$count")" "$answer" "the answer for '$text'"
done

# T-4, T-5: three requests at once; the reserved action does not disturb the next one.
send_hex 3 '08000002 6869 18000004 deadbeef 20000003 616263'
assert_equal "$(receive 3 6)" '00 00 00 02 48 49' 'the first of three answers'
assert_equal "$(receive 3 9)" '00 00 00 05 65 72 72 6f 72' 'the answer to a reserved action'
assert_equal "$(receive 3 7)" '00 00 00 03 63 62 61' 'the last of three answers'

# T-16: a second client is served while the first one is in the middle of a request (T-7).
send_hex 3 '08000005 6865'
connect 4
send_hex 4 '08000001 61'
assert_equal "$(receive 4 5)" '00 00 00 01 41' 'the answer to a second client'
disconnect 4
send_hex 3 '6c6c6f'
assert_equal "$(receive_text 3 9 | tail -c 5)" 'HELLO' 'the answer when all has come'

# T-19, T-21: an interrupt ends it properly, though a client is connected; it printed nothing.
stop INT
assert_equal "$status $(<"$server_out") $(<"$server_err")" '0  ' 'status and output after SIGINT'
assert_equal "$(receive_rest 3)" '' 'what a client gets at the end'
disconnect 3

# T-15: restarting at once works. T-22: verbose tells what happens.
start tcp_server --verbose "--port=$port"
wait_listening
connect 3
send_hex 3 '08000002 6869'
receive 3 6 >/dev/null
disconnect 3
wait_for_text "$server_err" 'uppercase, 2 bytes'
wait_for_text "$server_err" 'closed'
assert_contains "$(<"$server_err")" "listening on 0.0.0.0:$port" 'the log'

# T-23: the port is in use.
run tcp_server -p "$port"
assert_equal "$status $stdout" '1 ' 'status and output when the port is in use'
assert_contains "$stderr" "port $port is in use" 'the error when the port is in use'
stop TERM
assert_equal "$status $(<"$server_out")" '0 ' 'status and output after SIGTERM'

# T-20, T-23: the help, and wrong arguments.
run tcp_server --help
assert_equal "$status $stderr" '0 ' 'status and errors of --help'
assert_equal "$stdout" 'Usage: tcp_server [--help] [-v] [-p PORT]

Options:
  --help
  -v, --verbose
  --port PORT, -p PORT' 'the help'
for arguments in -h --port '-p x' '-p +80' 8083; do
  # shellcheck disable=SC2086 # several arguments in one word
  run tcp_server $arguments
  assert_equal "$status $stdout" '2 ' "status and output of tcp_server $arguments"
done
