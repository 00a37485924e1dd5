#!/usr/bin/env bash
# lab3 says where it listens (P-2), sends a client its id (P-3), prints and acknowledges what it
# sends (P-4 to P-6), refuses what is no plain data (P-7, P-8), and stops when told to (P-11).
set -e
. "$(dirname -- "$(readlink -f -- "${BASH_SOURCE[0]}")")/lib.sh"

acknowledgement='80 02 58 13 00 00 00 73 65 72 76 65 72 20 67 6f 74 20 74 68 65 20 64 61 74 61 2e'

# The id that a client was sent on descriptor $1: `id` becomes its number.
receive_id() {
  local -a byte
  read -ra byte <<<"$(receive "$1" 24)"
  assert_equal "${byte[*]:0:18}" '80 02 7d 28 58 08 00 00 00 63 6c 69 65 6e 74 69 64 4a' \
    'the pickle of the id up to the number'
  id=$((16#${byte[19]}${byte[18]}))
  assert_equal "${byte[*]:20}" '00 00 75 2e' 'the end of the pickle of the id'
}

start_server lab3 127.0.0.1 PORT
wait_until grep -qx "Server listening at 127.0.0.1/$port" "$server_out"

# The pickle of {'name': 'Jose'}, of protocol 0, and a student, of protocol 2, together; another
# client waits meanwhile.
connect 4
receive_id 4
connect 3
receive_id 3
send_text 3 $'(dVname\nVJose\ns.'
assert_equal "$(receive 3 27)" "$acknowledgement" 'the acknowledgement'
assert_equal "$(tail -n 1 "$server_out")" "Client $id: {'name': 'Jose'}" 'the line of the object'
student='8002 7d 28 580c000000 73747564656e745f6e616d65 5801000000 41
  580f000000 6769746875625f757365726e616d65 5801000000 42 5803000000 736964 4b07 75 2e'
send_hex 3 "$student 4e 2e"
assert_equal "$(receive 3 54)" "$acknowledgement $acknowledgement" 'two acknowledgements'
assert_equal "$(tail -n 2 "$server_out")" \
  "Connected: Student: A, Github Username: B, sid: 7
Client $id: None" 'the lines of both objects'

# What Python would run on the server is refused, and only its sender is closed.
send_text 3 $'cos\nsystem\n(S\'echo called\'\ntR.'
assert_equal "$(receive_rest 3)" '' 'what comes after an error'
assert_contains "$(<"$server_err")" "Client $id: the pickle asks to import os.system" 'the error'
disconnect 3
send_text 4 $'I42\n.'
assert_equal "$(receive 4 27)" "$acknowledgement" 'the acknowledgement of another client'
disconnect 4

stop INT
assert_equal "$status" 0 'the exit status'

run lab3 127.0.0.1 65536
assert_equal "$status" 2 'the exit status for wrong usage'
assert_contains "$stderr" 'PORT is "65536"; give a number' 'the usage error'
