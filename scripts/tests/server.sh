#!/usr/bin/env bash
# server stores what create records bring and sends it, oldest first, to those who read.
# shellcheck source-path=SCRIPTDIR source=lib.sh
set -e
. "$(dirname -- "$(readlink -f -- "${BASH_SOURCE[0]}")")/lib.sh"

# C-5, G-8: one port from 1,024 to 64,000.
for arguments in '' 1023 64001 +5000 0x1388 '5000 5001'; do
  # shellcheck disable=SC2086 # several arguments in one word
  run server $arguments
  assert_equal "$status $stdout" '2 ' "status and standard output of server $arguments"
  assert_contains "$stderr" 'Usage: server PORT' "the usage of server $arguments"
done

start_server server PORT

# send_record 'HEX' 'TEXT': what comes back until the server closes.
send_record() {
  connect 3
  send_hex 3 "$1"
  send_text 3 "$2"
  receive_rest 3
  disconnect 3
}

# C-9, C-10: two messages for bob, read once.
assert_equal "$(send_record 'ae 73 02 05 03 00 05' 'alicebobhello')" '' 'the answer to a create'
assert_equal "$(send_record 'ae 73 02 05 03 00 02' 'carolbobhi')" '' 'the answer to a create'
assert_equal "$(send_record 'ae 73 01 03 00 00 00' 'bob')" \
  'ae 73 03 02 00 05 00 05 61 6c 69 63 65 68 65 6c 6c 6f 05 00 02 63 61 72 6f 6c 68 69' \
  'the answer to a read'
assert_equal "$(send_record 'ae 73 01 03 00 00 00' 'bob')" 'ae 73 03 00 00' 'the second answer'

# C-6, C-9, C-10: a line for each.
wait_for_text "$server_out" ' sent 0 messages to bob'
printed=$(sed 's/^127\.0\.0\.1:[0-9]* //' "$server_out")
assert_equal "$printed" 'connected
stored a message from alice for bob
connected
stored a message from carol for bob
connected
sent 2 messages to bob
connected
sent 0 messages to bob' 'the lines on standard output'

# C-8: a byte too much, and nothing is stored.
assert_equal "$(send_record 'ae 73 02 05 03 00 05' 'alicebobhello!')" '' 'the answer to a surplus'
wait_for_text "$server_err" 'request is 21 bytes long, want the 20 that it announces'
assert_equal "$(send_record 'ae 73 01 03 00 00 00' 'bob')" 'ae 73 03 00 00' 'after a surplus'

# C-7: half a header, then nothing.
connect 3
send_hex 3 'ae 73 01'
assert_equal "$(receive_rest 3)" '' 'the answer to half a header'
disconnect 3
wait_for_text "$server_err" 'no complete request within 1s: 3 bytes came'

# C-14: a limit that leaves room for one message.
stop INT
assert_equal "$status" 0 'the exit status after SIGINT'
export SERVER_MAX_BYTES=500
start_server server PORT
send_record 'ae 73 02 05 03 00 05' 'alicebobhello' >/dev/null
send_record 'ae 73 02 05 03 00 05' 'alicebobagain' >/dev/null
wait_for_text "$server_err" 'the store is full'
assert_contains "$(<"$server_err")" '500 bytes' 'the limit in the error'
assert_equal "$(send_record 'ae 73 01 03 00 00 00' 'bob')" \
  'ae 73 03 01 00 05 00 05 61 6c 69 63 65 68 65 6c 6c 6f' 'what was stored'

# C-16
stop TERM
assert_equal "$status" 0 'the exit status after SIGTERM'
SERVER_MAX_BYTES=much run server 5000
assert_equal "$status" 2 'the status with a limit that is no number'
assert_contains "$stderr" 'SERVER_MAX_BYTES is "much"' 'the error about the limit'
