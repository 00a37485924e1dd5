#!/usr/bin/env bash
# client creates messages on a server and reads them, 300 of them in two parts.
# shellcheck source-path=SCRIPTDIR source=lib.sh
set -e
. "$(dirname -- "$(readlink -f -- "${BASH_SOURCE[0]}")")/lib.sh"

# C-17: four arguments, each checked.
for arguments in '' 'localhost 5000 alice' 'localhost 1023 alice read' \
  'localhost 64001 alice read' 'localhost 5000 alice write'; do
  # shellcheck disable=SC2086 # several arguments in one word
  run client $arguments
  assert_equal "$status $stdout" '2 ' "status and standard output of client $arguments"
  assert_contains "$stderr" 'Usage: client HOST PORT NAME TYPE' "the usage of client $arguments"
done
run client localhost 5000 '' read
assert_equal "$status" 2 'the status with an empty name'
run client 'no such host' 5000 alice create
assert_equal "$status $stdout" '1 ' 'status and standard output with an unknown host'

start_server server PORT

# C-20, C-21, C-24
run client localhost "$port" bob read
assert_equal "$status $stderr" '0 ' 'status and standard error'
assert_equal "$stdout" "sent to 127.0.0.1:$port: a request for the messages of bob
no messages for bob" 'a read without messages'
run client 127.0.0.1 "$port" 'alice stevens' create <<<$'bob\nHello, Bob!'
assert_equal "$status $stderr" '0 ' 'status and standard error'
assert_equal "$stdout" "Receiver: 
Message: 
sent to 127.0.0.1:$port: a message from alice stevens for bob" 'a create'
wait_for_text "$server_out" 'stored a message from alice stevens for bob'
run client 127.0.0.1 "$port" bob read
assert_equal "${stdout#*$'\n'}" 'alice stevens: Hello, Bob!' 'a read'

# C-18: invalid entries are asked for again; the end of the input is an error.
run client 127.0.0.1 "$port" alice create <<<$'\nbob\n\nhi'
assert_equal "$status" 0 'the status'
assert_equal "$stderr" 'client: the receiver is empty; enter 1 to 254 bytes
client: the message is empty; enter 1 to 65534 bytes' 'the errors about entries'
run client 127.0.0.1 "$port" alice create <<<'bob'
assert_equal "$status" 1 'the status at the end of the input'
wait_for_text "$server_out" 'stored a message from alice for bob'
run client 127.0.0.1 "$port" bob read
assert_equal "${stdout#*$'\n'}" 'alice: hi' 'a read'

# C-10, C-21: 300 messages come as 255 and 45.
for number in {1..300}; do
  run client 127.0.0.1 "$port" alice create <<<"carol"$'\n'"message $number"
  assert_equal "$status" 0 "the status of create $number"
done
_count() { [[ $(grep -c ' for carol$' "$server_out") == 300 ]]; }
wait_until _count
run client 127.0.0.1 "$port" carol read
first=$(sed 1d <<<"$stdout")
assert_equal "$(wc -l <<<"$first")" 256 'the lines of the first part'
assert_equal "${first##*$'\n'}" 'more messages are waiting; read again to get them' 'its last line'
run client 127.0.0.1 "$port" carol read
both=$(sed '$d' <<<"$first")$'\n'$(sed 1d <<<"$stdout")
assert_equal "$both" "$(printf 'alice: message %s\n' {1..300})" 'all messages in order'

stop
run client 127.0.0.1 "$port" bob read
assert_equal "$status $stdout" '1 ' 'status and standard output without a server'
assert_contains "$stderr" 'connection refused' 'the error without a server'
