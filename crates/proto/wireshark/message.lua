-- Wireshark dissector for the message protocol of server and client (C-1 to C-4, C-8).
--
-- A connection has one request and, if that was a read request, one response. Bytes after either
-- are a fault.

local PORT = 5000
local MAGIC = "\xae\x73"
local READ, CREATE, RESPONSE = 1, 2, 3

local proto = Proto("message", "Message Protocol")
local fields = {
  magic_no = ProtoField.uint16("message.magic_no", "MagicNo", base.HEX),
  id = ProtoField.uint8("message.id", "ID", base.DEC,
    { [READ] = "read", [CREATE] = "create", [RESPONSE] = "response" }),
  name_len = ProtoField.uint8("message.name_len", "NameLen", base.DEC),
  receiver_len = ProtoField.uint8("message.receiver_len", "ReceiverLen", base.DEC),
  message_len = ProtoField.uint16("message.message_len", "MessageLen", base.DEC),
  name = ProtoField.string("message.name", "Name"),
  receiver = ProtoField.string("message.receiver", "Receiver"),
  message = ProtoField.string("message.message", "Message"),
  num_items = ProtoField.uint8("message.num_items", "NumItems", base.DEC),
  more_msgs = ProtoField.uint8("message.more_msgs", "MoreMsgs", base.DEC),
  sender_len = ProtoField.uint8("message.sender_len", "SenderLen", base.DEC),
  sender = ProtoField.string("message.sender", "Sender"),
  rest = ProtoField.bytes("message.rest", "Bytes that cannot be read"),
}
local function fault(name, text)
  return ProtoExpert.new("message." .. name, text, expert.group.PROTOCOL, expert.severity.ERROR)
end
local experts = {
  bad_magic = fault("bad_magic", "MagicNo is not 0xAE73 (C-2, C-4)"),
  bad_id = fault("bad_id", "ID is not 1 or 2 in a request (C-2), 3 in a response (C-4)"),
  bad_more = fault("bad_more", "MoreMsgs is neither 0 nor 1 (C-4)"),
  empty = fault("empty", "Length is 0 where at least 1 is required (C-2, C-4)"),
  in_read = fault("in_read", "Length is not 0 in a read request (C-2)"),
  surplus = fault("surplus", "Bytes after the record (C-8)"),
}
proto.fields = fields
proto.experts = experts

local tcp_seq, tcp_len = Field.new("tcp.seq"), Field.new("tcp.len")

local function starts_with(tvb, text)
  local length = math.min(#text, tvb:len())
  return tvb:raw(0, length) == text:sub(1, length)
end

-- Whether magic and ID, as far as they are there, are right. The lengths mean nothing otherwise.
local function is_record(tvb, from_server)
  if not starts_with(tvb, MAGIC) or tvb:len() < 3 then
    return starts_with(tvb, MAGIC)
  end
  local id = tvb(2, 1):uint()
  if from_server then
    return id == RESPONSE
  end
  return id == READ or id == CREATE
end

-- The length of a record as far as its headers are there: it has at least so many bytes.
local function request_length(tvb)
  if tvb:len() < 7 then
    return 7
  end
  return 7 + tvb(3, 1):uint() + tvb(4, 1):uint() + tvb(5, 2):uint()
end

local function response_length(tvb)
  if tvb:len() < 5 then
    return 5
  end
  local length = 5
  for _ = 1, tvb(3, 1):uint() do
    if tvb:len() < length + 3 then
      return length + 3
    end
    length = length + 3 + tvb(length, 1):uint() + tvb(length + 1, 2):uint()
  end
  return length
end

-- Adds a length field, and what is wrong with it; returns the length.
local function add_length(tree, field, range, must_be_empty)
  local item, length = tree:add(field, range), range:uint()
  if must_be_empty and length > 0 then
    item:add_proto_expert_info(experts.in_read)
  elseif not must_be_empty and length == 0 then
    item:add_proto_expert_info(experts.empty)
  end
  return length
end

-- Adds texts that follow each other; returns where they end.
local function add_texts(tree, tvb, offset, texts)
  for _, text in ipairs(texts) do
    local field, length = text[1], text[2]
    if length > 0 then
      tree:add_packet_field(field, tvb(offset, length), ENC_UTF_8)
    end
    offset = offset + length
  end
  return offset
end

local function add_request(tree, tvb)
  local id = tvb(2, 1):uint()
  local name = add_length(tree, fields.name_len, tvb(3, 1), false)
  local receiver = add_length(tree, fields.receiver_len, tvb(4, 1), id == READ)
  local message = add_length(tree, fields.message_len, tvb(5, 2), id == READ)
  add_texts(tree, tvb, 7, { { fields.name, name }, { fields.receiver, receiver }, { fields.message, message } })
  return id == READ and "Read request" or "Create request"
end

local function add_response(tree, tvb)
  local items, more = tvb(3, 1):uint(), tvb(4, 1):uint()
  tree:add(fields.num_items, tvb(3, 1))
  local item = tree:add(fields.more_msgs, tvb(4, 1))
  if more > 1 then
    item:add_proto_expert_info(experts.bad_more)
  end
  local offset = 5
  for number = 1, items do
    local part = tree:add(proto, tvb(offset), "Message " .. number)
    local sender = add_length(part, fields.sender_len, tvb(offset, 1), false)
    local message = add_length(part, fields.message_len, tvb(offset + 1, 2), false)
    local stop = add_texts(part, tvb, offset + 3, { { fields.sender, sender }, { fields.message, message } })
    part:set_len(stop - offset)
    offset = stop
  end
  return string.format("Response, NumItems %d, MoreMsgs %d", items, more)
end

-- Adds what is no record: the magic and the ID if they are there, and the rest.
local function add_invalid(tree, tvb)
  local has_magic = starts_with(tvb, MAGIC)
  if tvb:len() >= 2 then
    local item = tree:add(fields.magic_no, tvb(0, 2))
    if not has_magic then
      item:add_proto_expert_info(experts.bad_magic)
    end
  end
  if has_magic then
    tree:add(fields.id, tvb(2, 1)):add_proto_expert_info(experts.bad_id)
  elseif tvb:len() < 2 then
    tree:add_proto_expert_info(experts.bad_magic)
  end
  tree:add(fields.rest, tvb())
  return "Invalid record"
end

function proto.dissector(tvb, pinfo, root)
  -- Both assignments' examples use port 5000. What begins as an accio handshake is left to accio.lua.
  if pinfo.match_uint == PORT and (starts_with(tvb, "accio\r\n") or starts_with(tvb, "confirm-accio")) then
    return 0
  end
  -- The port that selected this dissector is the one that the server listens on.
  local from_server = pinfo.src_port == pinfo.match_uint
  -- What is here ends with the segment, also if it was reassembled.
  local at_start = tcp_seq().value - 1 + tcp_len().value - tvb:reported_len() == 0
  local length = tvb:len()
  if at_start and is_record(tvb, from_server) then
    length = from_server and response_length(tvb) or request_length(tvb)
    if tvb:len() < length then
      pinfo.desegment_offset = 0
      pinfo.desegment_len = DESEGMENT_ONE_MORE_SEGMENT
      return tvb:len()
    end
  end
  local tree = root:add(proto, tvb())
  local summary = "Surplus bytes"
  if not at_start then
    length = 0
  elseif not is_record(tvb, from_server) then
    summary = add_invalid(tree, tvb)
  else
    tree:add(fields.magic_no, tvb(0, 2))
    tree:add(fields.id, tvb(2, 1))
    summary = (from_server and add_response or add_request)(tree, tvb)
  end
  if length < tvb:len() then
    tree:add(fields.rest, tvb(length)):add_proto_expert_info(experts.surplus)
  end
  tree:append_text(": " .. summary)
  pinfo.cols.protocol = "MESSAGE"
  pinfo.cols.info:clear()
  pinfo.cols.info:append(summary .. "  ")
  pinfo.cols.info:fence()
  return tvb:len()
end

DissectorTable.get("tcp.port"):add(PORT, proto)
