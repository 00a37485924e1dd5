#!/usr/bin/env bash
# A live capture of the whole demonstration, on loopback in a network of its own, is dissected: the
# dissectors find just as many records as were exchanged, and nothing that a clause forbids.
# shellcheck source-path=SCRIPTDIR source=lib.sh
set -e
. "$(dirname -- "$(readlink -f -- "${BASH_SOURCE[0]}")")/lib.sh"

# Without what a user of this machine has installed.
export WIRESHARK_CONFIG_DIR=$work WIRESHARK_PLUGIN_DIR=$work
deadline=400
capture=$work/demo.pcapng
over='the demonstration is over'

# In a network of its own: captures the demonstration until its last packet is in the file.
capture_demo() {
  ip link set lo up
  # All of it fits into the buffer: nothing is dropped, however busy the machine is.
  : >"$work/dumpcap"
  dumpcap -q -i lo -B 512 -w "$capture" 2>"$work/dumpcap" &
  local dumpcap=$!
  wait_until grep -q '^File: ' "$work/dumpcap"
  bash "$root/scripts/demo.sh" "$_bin_dir" >"$work/demo" 2>&1 || fail "$(<"$work/demo")"
  printf '%s' "$over" >/dev/udp/127.0.0.1/9
  wait_until is_over
  kill -INT "$dumpcap"
  wait "$dumpcap"
  grep -q "dropped.*: [0-9]*/0 " "$work/dumpcap" || skip "$(<"$work/dumpcap")"
}

is_over() {
  tail -c 10000 "$capture" | grep -aqF "$over"
}

if [[ ${1:-} == --inside ]]; then
  capture=$2
  capture_demo
  cp "$work/demo" "$capture.demo"
  exit
fi

for tool in tshark dumpcap unshare ip; do
  command -v "$tool" >/dev/null || skip "$tool is missing"
done
[[ $(tshark --version 2>/dev/null) == *Lua* ]] || skip 'tshark cannot run the dissectors'
own_network=(unshare --map-root-user --net)
"${own_network[@]}" ip link set lo up 2>/dev/null || skip 'there is no network namespace to be had'
BIN_DIR=$_bin_dir "${own_network[@]}" bash "$script" --inside "$capture" || {
  status=$?
  ((status != 77)) || skip 'packets were dropped'
  fail "the capture, status $status"
}

# The ports of the servers, as the demonstration shows them: "$ tcp_server -p 19921 &".
declare -A dissectors=(
  [tcp_server]=action [server-s]=accio [mathserver]=math [lab3]=pickle [server]=message
)
arguments=()
while read -r dollar name rest; do
  [[ $dollar == '$' && $rest == *' &' || $rest == [0-9]*' &' ]] || continue
  rest=${rest% &}
  arguments+=(-d "tcp.port==${rest##* },${dissectors[$name]}")
done <"$capture.demo"
for dissector in "$root"/crates/proto/wireshark/*.lua; do
  arguments+=(-X "lua_script:$dissector")
done

# All that is looked at, a packet a line: it is a long capture.
fields=(
  action.action action.response_length accio.command accio.confirmation math.left math.sum
  math.secret pickle.opcode message.id _ws.malformed _ws.lua.error _ws.expert.group
)
for field in "${fields[@]}"; do
  arguments+=(-e "$field")
done
tshark "${arguments[@]}" -T fields -E occurrence=a -E aggregator=, -r "$capture" \
  >"$work/fields" 2>/dev/null

# values FIELD: each value of a field in the capture, on a line of its own.
values() {
  local column=1
  while [[ ${fields[column - 1]} != "$1" ]]; do column=$((column + 1)); done
  cut -f "$column" "$work/fields" | tr ',' '\n' | grep . || true
}

# assert_count FIELD VALUE COUNT, where VALUE is a regular expression.
assert_count() {
  assert_equal "$(values "$1" | grep -cEx -- "$2" || true)" "$3" "$1 of $2"
}

lines=$(sed -n 's/^  right: \([0-9]*\) requests on one connection, twice.*/\1/p' "$capture.demo")
((lines > 0)) || fail 'the demonstration does not say how many lines it had reversed'
assert_count action.action '0x.*' $((5 + 2 * lines))
assert_count action.response_length '.*' $((5 + 2 * lines))
assert_count accio.command 'accio.*' 4
assert_count accio.confirmation 'confirm-accio.*' 4
questions=$(values math.left | wc -l)
assert_count math.sum '[0-9]*' "$questions"
assert_count math.secret '[0-9a-f]{16}' 2
assert_count pickle.opcode 0x2e 3
assert_count message.id 1 3
assert_count message.id 2 300
assert_count message.id 3 3
assert_count _ws.malformed '.+' 0
assert_count _ws.lua.error '.+' 0
# The group "Protocol": what a clause forbids.
assert_count _ws.expert.group 150994944 0
