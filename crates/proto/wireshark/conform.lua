-- Finds the dissector for the captures that `conform --pcap` writes, whatever their ports are: each
-- packet's interface is called conform:ASSIGNMENT:PORT, with the port of the server.

local DISSECTORS = {
  tcp_server = "action", tcp_client = "action",
  ["server-s"] = "accio", accio = "accio",
  mathserver = "math", lab4 = "math",
  lab3 = "pickle", lab2 = "pickle",
  server = "message", client = "message",
}

local interface_name = Field.new("frame.interface_name")
local proto = Proto("conform", "Captures of conform")

local function dissect(tvb, pinfo, root)
  local name = interface_name()
  local assignment, port = (name and name.value or ""):match("^conform:([%w_-]+):(%d+)$")
  local dissector = DISSECTORS[assignment]
  if not dissector or not pcall(Dissector.get, dissector) then
    return false
  end
  -- As "Decode As" would: the dissectors take the port that selected them for the server's.
  local ports = DissectorTable.get("tcp.port")
  ports:set(tonumber(port), Dissector.get(dissector))
  -- Each layer takes one off, and the dissectors are not the last one here.
  pinfo.can_desegment = pinfo.can_desegment + 1
  return ports:try(tonumber(port), tvb, pinfo, root) > 0
end

proto:register_heuristic("tcp", dissect)
