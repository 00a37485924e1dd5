#!/usr/bin/env bash
# mathserver asks one question at a time, gives the secret for right answers, and says of each
# client how it ended.
# shellcheck source-path=SCRIPTDIR source=lib.sh
set -e
. "$(dirname -- "$(readlink -f -- "${BASH_SOURCE[0]}")")/lib.sh"

# Receives a question and sets `sum` to its answer: question FD.
question() {
  local -a bytes
  read -r -a bytes <<<"$(receive "$1" 9)"
  assert_equal "${bytes[0]}" 51 'the first byte of a question'
  local left right
  left=$((16#$(printf '%s' "${bytes[@]:1:4}")))
  right=$((16#$(printf '%s' "${bytes[@]:5:4}")))
  sum=$((left + right))
  ((sum < 1 << 32)) || fail "$left + $right needs more than 32 bits (MS-3)"
}

# answer FD NUMBER
answer() {
  send_hex "$1" "$(printf '%08x' "$2")"
}

start_server mathserver --questions 3 --secret 'open 5es' PORT
assert_equal "$(<"$server_err")" "mathserver: listening on 0.0.0.0:$port" 'standard error (MS-1)'

# MS-1, MS-2: three questions, the secret, the end. Another client is silent meanwhile (MS-4).
connect 4
connect 3
for _ in 1 2 3; do
  question 3
  answer 3 "$sum"
done
assert_equal "$(receive_rest 3)" '53 6f 70 65 6e 20 35 65 73' 'the secret and the end'
disconnect 3
wait_until grep -q ': 3 of 3 right, secret given: open 5es$' "$server_out"

# MS-2: the other one's second answer is wrong.
question 4
answer 4 "$sum"
question 4
answer 4 $((sum ^ 1))
assert_equal "$(receive_rest 4)" '' 'what comes after a wrong answer'
disconnect 4
wait_until grep -q ": 1 of 3 right, then a wrong answer: .* = $sum (.*), came $((sum ^ 1)) (" \
  "$server_out"

# One that leaves in the middle of an answer.
connect 3
question 3
send_hex 3 '00 01'
disconnect 3
wait_until grep -q ': 0 of 3 right, then no answer: .*, came 00 01: the client closed' "$server_out"

assert_equal "$(($(wc -l <"$server_out")))" 3 'the lines on standard output (MS-4)'
stop INT
assert_equal "$status" 0 'the exit status (G-4)'

# MS-5: the same in pieces.
start_server mathserver --questions 20 --secret 'in parts' --fragment PORT
connect 3
for _ in {1..20}; do
  question 3
  answer 3 "$sum"
done
assert_equal "$(receive_text 3 9)" 'Sin parts' 'the secret in pieces'
disconnect 3
stop

# MS-1: with a seed every run is the same.
first=''
for _ in 1 2; do
  start_server mathserver --seed 5 --questions 1 PORT
  connect 3
  asked=$(receive 3 9)
  disconnect 3
  stop
  assert_equal "$asked" "${first:=$asked}" 'the question of a seed'
done

for arguments in 0 65536 '80 81' --listen --secret=short --questions=-1 '--seed x' --seed; do
  # shellcheck disable=SC2086 # several arguments in one word
  run mathserver $arguments
  assert_equal "$status $stdout" '2 ' "status and standard output of mathserver $arguments"
  assert_contains "$stderr" 'Usage: mathserver' "the usage of mathserver $arguments"
done
