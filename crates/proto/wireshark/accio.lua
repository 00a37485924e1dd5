-- Wireshark dissector for the accio protocol of server-s and accio (A-1 to A-6).
--
-- The server sends a command, twice; the client answers with a confirmation each time, and then
-- sends the file. The position in the stream tells what a byte is, so that a file may contain the
-- handshake's own words (A-4).
--
-- The programs have no default port: a connection is recognised on any port by its first bytes. On
-- port 5000, the assignment's example, a part of them is enough.

local PORT = 5000
local COMMAND = "accio\r\n"
local CONFIRMATION = "confirm-accio\r\n"
local SECOND_CONFIRMATION = "confirm-accio-again\r\n\r\n"

local proto = Proto("accio", "Accio Protocol")
local fields = {
  command = ProtoField.string("accio.command", "Command"),
  confirmation = ProtoField.string("accio.confirmation", "Confirmation"),
  file = ProtoField.bytes("accio.file", "File"),
  file_offset = ProtoField.uint32("accio.file.offset", "File Offset", base.DEC),
  wrong = ProtoField.bytes("accio.wrong", "Unexpected bytes"),
}
local experts = {
  wrong = ProtoExpert.new("accio.mismatch", "Not the expected word of the handshake (A-6, AC-2)",
    expert.group.PROTOCOL, expert.severity.ERROR),
  surplus = ProtoExpert.new("accio.surplus", "Bytes after the second command (A-1)",
    expert.group.PROTOCOL, expert.severity.WARN),
}
proto.fields = fields
proto.experts = experts

local FROM_SERVER = { { fields.command, COMMAND }, { fields.command, COMMAND } }
local FROM_CLIENT = { { fields.confirmation, CONFIRMATION }, { fields.confirmation, SECOND_CONFIRMATION } }

local tcp_stream, tcp_seq, tcp_len = Field.new("tcp.stream"), Field.new("tcp.seq"), Field.new("tcp.len")

-- The server's port in each TCP stream: the server speaks first, unless the client does not wait.
local server_ports = {}
function proto.init()
  server_ports = {}
end

local function server_port(tvb, pinfo)
  local stream = tcp_stream().value
  if not server_ports[stream] then
    local from_client = tvb:raw(0, 1) == CONFIRMATION:sub(1, 1)
    server_ports[stream] = from_client and pinfo.dst_port or pinfo.src_port
  end
  return server_ports[stream]
end

-- Adds what follows the handshake, or what should be the handshake and is not.
local function add_rest(range, tree, position, header_length, from_server)
  if position < header_length then
    tree:add(fields.wrong, range):add_proto_expert_info(experts.wrong)
    return "Unexpected bytes"
  elseif from_server then
    tree:add(fields.wrong, range):add_proto_expert_info(experts.surplus)
    return "Surplus bytes"
  end
  tree:add(fields.file, range)
  tree:add(fields.file_offset, range, position - header_length)
  return string.format("File, %d bytes at %.0f", range:len(), position - header_length)
end

function proto.dissector(tvb, pinfo, root)
  local from_server = pinfo.src_port == server_port(tvb, pinfo)
  -- What is here ends with the segment, also if it was reassembled.
  local position = tcp_seq().value - 1 + tcp_len().value - tvb:reported_len()
  local offset, word_start = 0, 0
  local tree, summary = root:add(proto, tvb()), {}
  pinfo.cols.protocol = "ACCIO"
  for _, part in ipairs(from_server and FROM_SERVER or FROM_CLIENT) do
    local field, word = part[1], part[2]
    local length = math.min(#word, tvb:len() - offset)
    if position == word_start and length > 0 and tvb:raw(offset, length) == word:sub(1, length) then
      if length < #word then
        pinfo.desegment_offset = offset
        pinfo.desegment_len = DESEGMENT_ONE_MORE_SEGMENT
        return tvb:len()
      end
      tree:add(field, tvb(offset, length))
      summary[#summary + 1] = (word:gsub("\r\n", "\\r\\n"))
      offset, position = offset + length, position + length
    end
    word_start = word_start + #word
  end
  if offset < tvb:len() then
    summary[#summary + 1] = add_rest(tvb(offset), tree, position, word_start, from_server)
  end
  pinfo.cols.info = table.concat(summary, "  ")
  tree:append_text(": " .. table.concat(summary, ", "))
  return tvb:len()
end

proto:register_heuristic("tcp", function(tvb, pinfo, root)
  local known_port = pinfo.src_port == PORT or pinfo.dst_port == PORT
  for _, word in ipairs({ COMMAND, CONFIRMATION }) do
    local length = math.min(#word, tvb:len())
    if (length == #word or known_port) and tvb:raw(0, length) == word:sub(1, length) then
      pinfo.conversation = proto
      proto.dissector(tvb, pinfo, root)
      return true
    end
  end
  return false
end)

-- For "Decode As".
DissectorTable.get("tcp.port"):add_for_decode_as(proto)
