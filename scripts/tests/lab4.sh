#!/usr/bin/env bash
# lab4 obtains the secret from a math server, whole or in pieces, and says why when it cannot.
# shellcheck source-path=SCRIPTDIR source=lib.sh
set -e
. "$(dirname -- "$(readlink -f -- "${BASH_SOURCE[0]}")")/lib.sh"

for mode in '' --fragment; do
  start_server mathserver --questions 12 --secret 'open 5es' ${mode:+"$mode"} PORT
  for host in 127.0.0.1 localhost; do
    # M-1 to M-5, M-8: the secret and a newline, and nothing else.
    run lab4 "$host" "$port"
    assert_equal "$status $stderr" '0 ' "status and standard error, $host $mode"
    assert_equal "$(to_hex <"$work/run.out")" '6f 70 65 6e 20 35 65 73 0a' 'standard output'
  done
  stop INT
done

# Bytes that are no text are written unchanged (M-4).
start_server mathserver --questions 1 --secret $'\x1b[2J\xff\x01\x80\n' PORT
run lab4 127.0.0.1 "$port"
assert_equal "$(to_hex <"$work/run.out")" '1b 5b 32 4a ff 01 80 0a 0a' 'a secret of any bytes'
stop

# Whatever is drawn, the server's line and the client's agree.
start_server mathserver PORT
for _ in 1 2 3; do
  run lab4 127.0.0.1 "$port"
  assert_contains "$(<"$server_out")" " right, secret given: $stdout" "the server's line"
done
stop

# M-9: a thousand questions take milliseconds; 40 each would be 40 seconds.
start_server mathserver --questions 1000 PORT
run lab4 127.0.0.1 "$port"
assert_equal "$status" 0 'the status after a thousand questions'
stop

# M-6, M-8: nothing on standard output, and a status that says whose fault it is.
run lab4 127.0.0.1 "$port"
assert_equal "$status $stdout" '1 ' 'status and standard output without a server'
assert_contains "$stderr" 'connection refused' 'the error without a server'
for arguments in '' 127.0.0.1 '127.0.0.1 0' '127.0.0.1 65536' '127.0.0.1 +80' '127.0.0.1 80 x'; do
  # shellcheck disable=SC2086 # several arguments in one word
  run lab4 $arguments
  assert_equal "$status $stdout" '2 ' "status and standard output of lab4 $arguments"
  assert_contains "$stderr" 'Usage: lab4 HOST PORT' "the usage of lab4 $arguments"
done
