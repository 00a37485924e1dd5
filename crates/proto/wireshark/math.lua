-- Wireshark dissector for the math protocol of mathserver and lab4 (M-2 to M-6).
--
-- The server sends frames of 9 bytes, questions and at last the secret; the client sends an answer
-- of 4 bytes to each question. An answer is compared with the sum of its question.

local PORT = 8000
local QUESTION, SECRET = 0x51, 0x53

local proto = Proto("math", "Math Protocol")
local fields = {
  kind = ProtoField.char("math.kind", "Kind", base.HEX, { [QUESTION] = "question", [SECRET] = "secret" }),
  left = ProtoField.uint32("math.left", "Left", base.DEC),
  right = ProtoField.uint32("math.right", "Right", base.DEC),
  secret = ProtoField.bytes("math.secret", "Secret"),
  sum = ProtoField.uint32("math.sum", "Sum", base.DEC),
}
local experts = {
  unknown_kind = ProtoExpert.new("math.unknown_kind", "Frame begins with neither 'Q' nor 'S' (M-6)",
    expert.group.PROTOCOL, expert.severity.ERROR),
  wrong_sum = ProtoExpert.new("math.wrong_sum", "Wrong sum: the server closes (MS-2)",
    expert.group.PROTOCOL, expert.severity.WARN),
  surplus = ProtoExpert.new("math.surplus", "Frame after the secret (M-4)",
    expert.group.PROTOCOL, expert.severity.WARN),
}
proto.fields = fields
proto.experts = experts

local tcp_stream, tcp_seq, tcp_len = Field.new("tcp.stream"), Field.new("tcp.seq"), Field.new("tcp.len")

-- The sums of each connection's questions, by TCP stream and number; "secret" after the last one.
local sums = {}
function proto.init()
  sums = {}
end

local function dissect_frame(frame, tree, expected, number)
  local kind = frame(0, 1)
  tree:add(fields.kind, kind)
  if expected[number - 1] == "secret" then
    tree:add_proto_expert_info(experts.surplus)
  end
  if kind:uint() == SECRET then
    tree:add(fields.secret, frame(1, 8))
    expected[number] = "secret"
    return "Secret"
  end
  local left, right = frame(1, 4):uint(), frame(5, 4):uint()
  tree:add(fields.left, frame(1, 4))
  tree:add(fields.right, frame(5, 4))
  expected[number] = (left + right) % 2 ^ 32
  return string.format("Question %.0f + %.0f", left, right)
end

local function dissect_answer(answer, tree, expected, number)
  local item, sum = tree:add(fields.sum, answer), answer:uint()
  if expected[number] and expected[number] ~= sum then
    item:add_proto_expert_info(experts.wrong_sum)
  end
  return string.format("Answer %.0f", sum)
end

function proto.dissector(tvb, pinfo, root)
  -- The port that selected this dissector is the one that the server listens on.
  local from_server = pinfo.src_port == pinfo.match_uint
  local size, dissect = 4, dissect_answer
  if from_server then
    size, dissect = 9, dissect_frame
  end
  -- What is here ends with the segment, also if it was reassembled.
  local position = tcp_seq().value - 1 + tcp_len().value - tvb:reported_len()
  local stream = tcp_stream().value
  sums[stream] = sums[stream] or {}
  pinfo.cols.protocol = "MATH"
  pinfo.cols.info:clear()
  for offset = 0, tvb:len() - 1, size do
    local kind = tvb(offset, 1):uint()
    if from_server and kind ~= QUESTION and kind ~= SECRET then
      local tree = root:add(proto, tvb(offset))
      tree:add(fields.kind, tvb(offset, 1)):add_proto_expert_info(experts.unknown_kind)
      pinfo.cols.info:append("Unknown kind")
      break
    elseif tvb:len() - offset < size then
      pinfo.desegment_offset = offset
      pinfo.desegment_len = DESEGMENT_ONE_MORE_SEGMENT
      break
    end
    local tree = root:add(proto, tvb(offset, size))
    local number = math.floor((position + offset) / size)
    local summary = dissect(tvb(offset, size), tree, sums[stream], number)
    tree:append_text(": " .. summary)
    pinfo.cols.info:append(summary .. "  ")
  end
  return tvb:len()
end

DissectorTable.get("tcp.port"):add(PORT, proto)
