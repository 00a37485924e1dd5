-- Wireshark dissector for the action protocol of tcp_server and tcp_client (T-1 to T-6).
--
-- Requests and responses follow each other in any number; each has a header of four bytes with the
-- length of its data. A response is not compared with what its request asks for.

local PORT = 8083
local ACTIONS = {
  [0x01] = "uppercase", [0x02] = "lowercase", [0x04] = "reverse", [0x08] = "shuffle", [0x10] = "random",
}
for code = 0, 31 do
  ACTIONS[code] = ACTIONS[code] or "reserved"
end
local LONGEST_RESPONSE = 2 ^ 31 - 1

local proto = Proto("action", "Action Protocol")
local fields = {
  action = ProtoField.uint8("action.action", "Action", base.HEX, ACTIONS, 0xf8),
  length = ProtoField.uint32("action.length", "Message Length", base.DEC, nil, 0x07ffffff),
  response_length = ProtoField.uint32("action.response_length", "Message Length", base.DEC),
  data = ProtoField.string("action.data", "Data"),
}
local experts = {
  reserved = ProtoExpert.new("action.reserved", "Reserved action (T-3): the response is \"error\"",
    expert.group.PROTOCOL, expert.severity.WARN),
  not_utf8 = ProtoExpert.new("action.not_utf8", "Data is not UTF-8 (T-6): the response is \"error\"",
    expert.group.PROTOCOL, expert.severity.WARN),
  too_long = ProtoExpert.new("action.too_long", "Longer than any response (T-2): not a response header?",
    expert.group.PROTOCOL, expert.severity.ERROR),
}
proto.fields = fields
proto.experts = experts

-- The port that selected this dissector is the one that the server listens on.
local function from_server(pinfo)
  return pinfo.src_port == pinfo.match_uint
end

local function data_length(tvb, pinfo, offset)
  local word = tvb(offset, 4):uint()
  return from_server(pinfo) and word or word % 2 ^ 27
end

local function pdu_length(tvb, pinfo, offset)
  local length = data_length(tvb, pinfo, offset)
  -- After a header that cannot be one, nothing can be delimited any more.
  return length > LONGEST_RESPONSE and tvb:len() - offset or 4 + length
end

local function dissect_pdu(tvb, pinfo, root)
  local header, length = tvb(0, 4), data_length(tvb, pinfo, 0)
  local tree = root:add(proto, tvb())
  local summary
  if from_server(pinfo) then
    summary = "Response"
    local item = tree:add(fields.response_length, header)
    if length > LONGEST_RESPONSE then
      item:add_proto_expert_info(experts.too_long)
    end
  else
    local code = math.floor(tvb(0, 1):uint() / 8)
    summary = "Request " .. ACTIONS[code]
    local item = tree:add(fields.action, tvb(0, 1))
    if ACTIONS[code] == "reserved" then
      item:add_proto_expert_info(experts.reserved)
    end
    tree:add(fields.length, header)
  end
  if tvb:len() > 4 then
    local data = tvb(4)
    local item = tree:add_packet_field(fields.data, data, ENC_UTF_8)
    if data:string(ENC_UTF_8) ~= data:raw() then
      item:add_proto_expert_info(experts.not_utf8)
    end
  end
  summary = string.format("%s, %d bytes", summary, length)
  tree:append_text(": " .. summary)
  pinfo.cols.protocol = "ACTION"
  pinfo.cols.info:clear()
  pinfo.cols.info:append(summary .. "  ")
  return tvb:len()
end

function proto.dissector(tvb, pinfo, root)
  dissect_tcp_pdus(tvb, root, 4, pdu_length, dissect_pdu)
  return tvb:len()
end

DissectorTable.get("tcp.port"):add(PORT, proto)
