#!/usr/bin/env bash
# Builds the programs and runs every assignment end to end on real input, a server and its client
# each. What is shown is also checked: the status is 0 if every step was right.
#
# Usage: scripts/demo.sh [FOLDER]
#
# With FOLDER, the programs are taken from there, and nothing is built.
#
# It needs the Rust toolchain, bash and coreutils, works from any directory, uses free ports on
# this machine only, and leaves nothing behind but the build.

set -e
# shellcheck source-path=SCRIPTDIR source=common.sh
. "$(dirname -- "$(readlink -f -- "${BASH_SOURCE[0]}")")/common.sh"
find_target
BIN_DIR=${1:-$target/release}
# shellcheck source=tests/lib.sh
. "$root/scripts/tests/lib.sh"
shopt -s globstar
deadline=60

sources=("$root"/crates/**/*.rs)
checks=0

heading() {
  printf '\n=== %s\n' "$*"
}

say() {
  printf '\n%s\n' "$*"
}

# A command line as one would type it.
command_line() {
  local word words=()
  for word in "$@"; do
    [[ $word =~ ^[A-Za-z0-9_./:=-]+$ ]] || word=${word@Q}
    words+=("$word")
  done
  printf '%s\n' "${words[*]}"
}

# Starts a server on a free port, which PORT stands for: serve NAME [ARG...]
serve() {
  start_server "$@"
  local line
  line=$(command_line "$@")
  printf '\n$ %s &\n' "${line/%PORT/$port}"
}

# Runs a client; what it prints is shown and is in $printed: client_of NAME [ARG...]
client_of() {
  printf '$ %s\n' "$(command_line "$@")"
  "$BIN_DIR/$1" "${@:2}" | tee "$work/printed" || fail "$1 or its output failed, status $?"
  printed=$(<"$work/printed")
}

# Ends the server, which must take it well.
end_server() {
  stop INT
  check "the server ends on Ctrl-C with status 0" "$status" 0
}

# check WHAT ACTUAL EXPECTED
check() {
  assert_equal "$2" "$3" "$1" || exit
  checks=$((checks + 1))
  printf '  right: %s\n' "$1"
}

# check_match WHAT ACTUAL PATTERN, a regular expression for all of it
check_match() {
  [[ $2 =~ ^$3$ ]] || fail "$1: $(printf '%q' "$2") does not match $3"
  checks=$((checks + 1))
  printf '  right: %s\n' "$1"
}

line_count() {
  printf '%s\n' $(($(wc -l <"$1")))
}

has_lines() {
  (($(line_count "$2") >= $1))
}

checksum() {
  cksum <"$1"
}

sorted_letters() {
  fold -w 1 <<<"$1" | sort | tr -d '\n'
}

build() {
  heading 'Build'
  local program arguments=()
  for program in "${programs[@]}"; do
    arguments+=(-p "$program")
  done
  printf '$ cargo build --release\n'
  in_root cargo build --release --locked "${arguments[@]}" || fail 'the build'
}

text() {
  heading 'tcp_server and tcp_client: text, transformed and pipelined'
  serve tcp_server -p PORT
  cat >"$work/requests" <<'REQUESTS'
uppercase Hello World, straße
lowercase ΟΔΥΣΣΕΥΣ
reverse Hello World
shuffle Hello World
random Hello World
REQUESTS
  say 'Five requests, one a line, go over one connection without waiting for answers:'
  cat "$work/requests"
  printf '\n'
  client_of tcp_client -p "$port" "$work/requests"
  local answers
  mapfile -t answers <<<"$printed"
  check 'five answers' "${#answers[@]}" 5
  check 'uppercase, also where a letter becomes two' "${answers[0]}" 'HELLO WORLD, STRASSE'
  check 'lowercase, with the sigma that ends a word' "${answers[1]}" 'οδυσσευς'
  check 'reverse' "${answers[2]}" 'dlroW olleH'
  check 'shuffle keeps every letter' \
    "$(sorted_letters "${answers[3]}")" "$(sorted_letters 'Hello World')"
  check_match 'random drops and repeats letters' "${answers[4]}" '[Helo Wrd]+'

  say "Now every line of this workspace's own source text, reversed, and reversed again:"
  local lines before after
  mapfile -t lines <"$work/text"
  reverse_lines reversed
  mapfile -t lines <"$work/reversed"
  reverse_lines text-again
  before=$(checksum "$work/text") after=$(checksum "$work/text-again")
  [[ $(checksum "$work/reversed") != "$before" ]] || fail 'nothing was reversed'
  check "${#lines[@]} requests on one connection, twice, give the text back" "$after" "$before"
  end_server
}

# Reverses the text in $lines into a file: reverse_lines FILE
reverse_lines() {
  printf 'reverse %s\n' "${lines[@]}" >"$work/requests"
  printf '$ tcp_client -p %s requests > %s\n' "$port" "$1"
  "$BIN_DIR/tcp_client" -p "$port" "$work/requests" >"$work/$1" ||
    fail "tcp_client ended with status $?"
}

file() {
  heading 'server-s and accio: a file of 100 MiB, counted'
  local size=$((100 * 1024 * 1024)) file=$work/100MiB program inputs
  inputs=("${sources[@]}")
  for program in "${programs[@]}"; do
    inputs+=("$BIN_DIR/$program")
  done
  : >"$file"
  while (($(wc -c <"$file") < size)); do
    cat "${inputs[@]}" >>"$file"
  done
  truncate -s "$size" "$file"
  say "The file is made of this workspace's sources and programs:"
  printf '$ wc -c < 100MiB\n%s\n' $(($(wc -c <"$file")))
  serve server-s PORT
  client_of accio 127.0.0.1 "$port" "$file"
  wait_until has_lines 1 "$server_out"
  say 'The server prints how many bytes came, without those of the handshake:'
  cat "$server_out"
  check 'the number of bytes' "$(<"$server_out")" "$size"

  say 'A slow client, in chunks of 1,000 bytes with pauses between them:'
  local small=${BASH_SOURCE[0]}
  client_of accio --chunk 1000 --delay 20 127.0.0.1 "$port" "$small"
  wait_until has_lines 2 "$server_out"
  tail -n 1 "$server_out"
  check 'the number of bytes' "$(tail -n 1 "$server_out")" $(($(wc -c <"$small")))
  end_server
}

secret() {
  heading 'mathserver and lab4: sums, and a secret for right answers'
  local line mode
  for mode in '' --fragment; do
    [[ $mode ]] && say 'The same from a server that sends every question in random pieces:'
    serve mathserver ${mode:+"$mode"} PORT
    client_of lab4 localhost "$port"
    wait_until has_lines 1 "$server_out"
    line=$(<"$server_out")
    say 'The server says of this client:'
    printf '%s\n' "$line"
    check_match 'the secret has 8 letters and digits' "$printed" '[A-Za-z0-9]{8}'
    check 'it is the one that the server gave' "${line##*: }" "$printed"
    end_server
  done
}

pickles() {
  heading 'lab3 and lab2: objects in pickles'
  serve lab3 127.0.0.1 PORT
  client_of lab2 --port "$port" 'Ada Lovelace' ada 1815
  wait_until has_lines 2 "$server_out"
  say 'The server prints:'
  cat "$server_out"
  check_match 'the client is told its id' "${printed%%$'\n'*}" \
    'Client id [0-9]+ assigned by server'
  check_match 'its data are acknowledged' "${printed##*$'\n'}" '.*server got the data.*'
  check 'the server shows who it is' "$(tail -n 1 "$server_out")" \
    'Connected: Student: Ada Lovelace, Github Username: ada, sid: 1815'
  end_server
}

# The texts of Ada's messages that `client` printed, one a line.
texts_of_ada() {
  local line
  while IFS= read -r line; do
    [[ $line == 'Ada: '* ]] && printf '%s\n' "${line#Ada: }"
  done <"$work/printed"
  return 0
}

messages() {
  heading 'server and client: messages, stored until they are read'
  serve server PORT
  local texts index
  # Lines of this workspace's own text, each a message.
  tr -s '\n' <"$work/text" >"$work/lines"
  mapfile -t -n 300 texts <"$work/lines"
  check 'there are 300 lines to send' "${#texts[@]}" 300
  say 'Ada sends Grace 300 messages. Each client asks for the receiver and the message:'
  printf '$ client 127.0.0.1 %s Ada create\n' "$port"
  for index in "${!texts[@]}"; do
    "$BIN_DIR/client" 127.0.0.1 "$port" Ada create <<<"Grace"$'\n'"${texts[index]}" \
      >"$work/printed" || fail "message $((index + 1))"
    ((index > 0)) || cat "$work/printed"
  done
  printf '... and so on, 300 times\n'

  printf '%s\n' "${texts[@]:0:255}" >"$work/first"
  printf '%s\n' "${texts[@]:255}" >"$work/rest"
  read_messages
  check 'the first 255 messages came, oldest first, unchanged' \
    "$(texts_of_ada | cksum)" "$(checksum "$work/first")"
  check_match 'and the client says that there are more' "$(tail -n 1 "$work/printed")" '.*more.*'
  read_messages
  check 'the other 45 came' "$(texts_of_ada | cksum)" "$(checksum "$work/rest")"
  read_messages
  check 'nothing is left' "$(texts_of_ada)" ''

  say 'The server printed two lines for each client, at the end:'
  wait_until has_lines 606 "$server_out"
  tail -n 3 "$server_out"
  end_server
}

# Grace reads her messages; of what is printed, the first lines and the last one are shown.
read_messages() {
  local shown=3 count
  printf '\n$ client 127.0.0.1 %s Grace read\n' "$port"
  "$BIN_DIR/client" 127.0.0.1 "$port" Grace read >"$work/printed" || fail 'reading messages'
  count=$(line_count "$work/printed")
  head -n "$shown" "$work/printed"
  ((count <= shown)) || printf '... %s lines in all, the last one is\n%s\n' \
    "$count" "$(tail -n 1 "$work/printed")"
}

cat "${sources[@]}" >"$work/text"
[[ -n ${1:-} ]] || build
text
file
secret
pickles
messages
heading "All assignments ran; all $checks checks were right"
