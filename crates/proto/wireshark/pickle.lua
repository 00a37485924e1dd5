-- Wireshark dissector for the pickles of lab3 and lab2 (P-3 to P-8).
--
-- Both sides send objects in any number; each is a sequence of opcodes that ends with STOP. The
-- opcodes are shown under the names of Python's pickletools. Nothing is ever executed.

local PORT = 12000
-- The most bytes of an object (P-8), the newest protocol, and the most opcodes that are shown.
local LONGEST, NEWEST, MOST_SHOWN = 1024 * 1024, 5, 5000
local STOP = 0x2e

local OPCODES, NAMES = {}, {}
local proto = Proto("pickle", "Python Pickle")
local fields = {
  protocol = ProtoField.uint8("pickle.protocol", "Protocol", base.DEC),
  frame = ProtoField.uint64("pickle.frame", "Frame Length", base.DEC),
  length = ProtoField.uint64("pickle.length", "Length", base.DEC),
  integer = ProtoField.int64("pickle.integer", "Integer", base.DEC),
  long = ProtoField.bytes("pickle.long", "Integer (little-endian)"),
  float = ProtoField.double("pickle.float", "Float"),
  text = ProtoField.string("pickle.text", "Text"),
  bytes = ProtoField.bytes("pickle.bytes", "Bytes"),
  memo = ProtoField.uint32("pickle.memo", "Memo Index", base.DEC),
  extension = ProtoField.uint32("pickle.extension", "Extension Code", base.DEC),
}
local function fault(name, severity, text)
  return ProtoExpert.new("pickle." .. name, text, expert.group.PROTOCOL, severity)
end
local experts = {
  unknown = fault("unknown_opcode", expert.severity.ERROR, "No opcode: this is no pickle, or a damaged one (P-8)"),
  negative = fault("negative_length", expert.severity.ERROR, "Negative length (P-8)"),
  too_long = fault("too_long", expert.severity.ERROR, "Longer than an object may be: 1 MiB (P-8)"),
  newer = fault("newer_protocol", expert.severity.ERROR, "Protocol is newer than 5 (P-4)"),
  import = fault("import", expert.severity.WARN, "Asks Python to import or call: refused, but for sets and bytes (P-8)"),
  not_shown = fault("not_shown", expert.severity.NOTE, "The opcodes after the first 5000 are not shown"),
}
proto.experts = experts

-- Defines opcodes by their byte, as a character or two hexadecimal digits, and their name. The
-- operand is `size` bytes, a length of `counted` bytes and as many bytes, or `lines` lines.
local function define(operand, list)
  for byte, name in list:gmatch("(%S+) (%S+)") do
    byte = #byte == 1 and byte:byte() or tonumber(byte, 16)
    NAMES[byte] = name
    OPCODES[byte] = operand
  end
end
local function imports(operand)
  operand.imports = true
  return operand
end
define({ size = 0 }, "( MARK . STOP 0 POP 1 POP_MARK 2 DUP N NONE a APPEND d DICT l LIST s SETITEM t TUPLE R REDUCE "
  .. ") EMPTY_TUPLE ] EMPTY_LIST e APPENDS u SETITEMS } EMPTY_DICT 85 TUPLE1 86 TUPLE2 87 TUPLE3 88 NEWTRUE "
  .. "89 NEWFALSE 8f EMPTY_SET 90 ADDITEMS 91 FROZENSET 94 MEMOIZE")
define(imports({ size = 0 }), "Q BINPERSID b BUILD o OBJ 81 NEWOBJ 92 NEWOBJ_EX 93 STACK_GLOBAL 97 NEXT_BUFFER "
  .. "98 READONLY_BUFFER")
define({ size = 1, field = fields.protocol }, "80 PROTO")
define({ size = 8, field = fields.frame }, "95 FRAME")
define({ size = 1, field = fields.integer }, "K BININT1")
define({ size = 2, field = fields.integer }, "M BININT2")
define({ size = 4, field = fields.integer, signed = true }, "J BININT")
define({ counted = 1, field = fields.long }, "8a LONG1")
define({ counted = 4, field = fields.long, signed = true }, "8b LONG4")
define({ size = 8, field = fields.float, big_endian = true }, "G BINFLOAT")
define({ lines = 1, field = fields.text }, "F FLOAT I INT L LONG S STRING V UNICODE g GET p PUT")
define(imports({ lines = 1, field = fields.text }), "P PERSID")
define(imports({ lines = 2, field = fields.text }), "c GLOBAL i INST")
define({ counted = 1, field = fields.text }, "U SHORT_BINSTRING 8c SHORT_BINUNICODE")
define({ counted = 4, field = fields.text }, "X BINUNICODE")
define({ counted = 4, field = fields.text, signed = true }, "T BINSTRING")
define({ counted = 8, field = fields.text }, "8d BINUNICODE8")
define({ counted = 1, field = fields.bytes }, "C SHORT_BINBYTES")
define({ counted = 4, field = fields.bytes }, "B BINBYTES")
define({ counted = 8, field = fields.bytes }, "8e BINBYTES8 96 BYTEARRAY8")
define({ size = 1, field = fields.memo }, "h BINGET q BINPUT")
define({ size = 4, field = fields.memo }, "j LONG_BINGET r LONG_BINPUT")
define(imports({ size = 1, field = fields.extension }), "82 EXT1")
define(imports({ size = 2, field = fields.extension }), "83 EXT2")
define(imports({ size = 4, field = fields.extension }), "84 EXT4")

fields.opcode = ProtoField.uint8("pickle.opcode", "Opcode", base.HEX, NAMES)
proto.fields = fields

-- The names that Python writes for plain data in older protocols (P-8).
local PLAIN = { ["_codecs\nencode\n"] = true }
for _, name in ipairs({ "set", "frozenset", "bytes", "bytearray" }) do
  PLAIN["builtins\n" .. name .. "\n"] = true
  PLAIN["__builtin__\n" .. name .. "\n"] = true
end

-- A little-endian length, exact up to 2^53 and larger than any allowed one beyond.
local function length_of(bytes, first, size, signed)
  local length = 0
  for at = first + size - 1, first, -1 do
    length = length * 256 + bytes:byte(at)
  end
  return signed and length >= 2 ^ 31 and length - 2 ^ 32 or length
end

-- The first and last byte of the operand of the opcode at `at`, counted from 1. If it is not whole,
-- only the first; if there is none, nothing and the reason.
local function operand_of(bytes, at)
  local operand = OPCODES[bytes:byte(at)]
  local first, last = at + 1, nil
  if not operand then
    return nil, experts.unknown
  elseif operand.lines then
    last = at
    for _ = 1, operand.lines do
      last = last and bytes:find("\n", last + 1, true)
    end
  elseif operand.size then
    last = at + operand.size
  elseif #bytes >= at + operand.counted then
    local length = length_of(bytes, first, operand.counted, operand.signed)
    if length < 0 then
      return nil, experts.negative
    elseif length > LONGEST then
      return nil, experts.too_long
    end
    first = first + operand.counted
    last = first + length - 1
  end
  return first, last and last <= #bytes and last or nil
end

-- The last byte of the object that begins at `start`, looking from the opcode at `at` on. If it is
-- not whole: nothing and the first opcode that is not. If it is damaged, the reason besides.
local function object_end(bytes, start, at)
  while at <= #bytes do
    local first, last = operand_of(bytes, at)
    if not first then
      return nil, at, last
    elseif at - start >= LONGEST then
      return nil, at, experts.too_long
    elseif not last then
      break
    elseif bytes:byte(at) == STOP then
      return at
    end
    at = last + 1
  end
  return nil, at
end

local function add_operand(item, operand, range)
  if operand.field == fields.text then
    item:add_packet_field(fields.text, range, ENC_UTF_8)
  elseif operand.field == fields.integer and not operand.signed then
    -- A field with a sign would take its highest bit for one.
    item:add(fields.integer, range, Int64(range:le_uint()))
  elseif operand.field and operand.big_endian then
    item:add(operand.field, range)
  elseif operand.field then
    item:add_le(operand.field, range)
  end
end

-- Adds the opcodes from `at` up to `stop`, or to the one that is damaged; returns their number.
local function add_opcodes(tree, tvb, bytes, at, stop)
  local count = 0
  while at <= stop do
    local code, operand = bytes:byte(at), OPCODES[bytes:byte(at)]
    local first, last = operand_of(bytes, at)
    count = count + 1
    if count <= MOST_SHOWN then
      local item = tree:add(fields.opcode, tvb(at - 1, 1))
      item:set_len(last - at + 1)
      if operand.counted then
        item:add_le(fields.length, tvb(at, operand.counted))
      end
      -- Without the line feed at the end of a line.
      local length = last - first + (operand.lines and 0 or 1)
      if length > 0 then
        add_operand(item, operand, tvb(first - 1, length))
      end
      if operand.imports and not PLAIN[bytes:sub(first, last)] then
        item:add_proto_expert_info(experts.import)
      elseif operand.field == fields.protocol and bytes:byte(first) > NEWEST then
        item:add_proto_expert_info(experts.newer)
      end
    elseif count == MOST_SHOWN + 1 then
      tree:add_proto_expert_info(experts.not_shown)
    end
    at = last + 1
  end
  return count
end

local tcp_stream = Field.new("tcp.stream")

-- Where to go on in an object that comes in many segments, by TCP stream and sending port, so that
-- each of its opcodes is looked at once and not once a segment.
local resume = {}
function proto.init()
  resume = {}
end

function proto.dissector(tvb, pinfo, root)
  local bytes = tvb:raw()
  local key = tcp_stream().value .. ":" .. pinfo.src_port
  local start, at = 1, not pinfo.visited and resume[key] or 1
  resume[key] = nil
  pinfo.cols.protocol = "PICKLE"
  pinfo.cols.info:clear()
  while start <= #bytes do
    local stop, reached, damage = object_end(bytes, start, at)
    if not stop and not damage then
      resume[key] = reached - start + 1
      pinfo.desegment_offset = start - 1
      pinfo.desegment_len = DESEGMENT_ONE_MORE_SEGMENT
      break
    end
    local last = stop or #bytes
    local tree = root:add(proto, tvb(start - 1, last - start + 1))
    local count = add_opcodes(tree, tvb, bytes, start, stop or reached - 1)
    local summary = string.format("Object of %d opcodes, %d bytes", count, last - start + 1)
    if damage then
      local item = tree:add(fields.opcode, tvb(reached - 1, 1))
      item:add_proto_expert_info(damage)
      summary = "Damaged object"
    end
    tree:append_text(": " .. summary)
    pinfo.cols.info:append(summary .. "  ")
    start, at = last + 1, last + 1
  end
  pinfo.cols.info:fence()
  return tvb:len()
end

DissectorTable.get("tcp.port"):add(PORT, proto)
