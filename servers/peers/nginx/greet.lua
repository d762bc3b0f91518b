-- What nginx runs for SayHello: the request's body is read, its protobuf parsed, and the answer's
-- made, with nothing but strings (protocol/greeter.proto).
local byte, char, rep, sub = string.byte, string.char, string.rep, string.sub
local floor = math.floor
local read_body, get_body_data = ngx.req.read_body, ngx.req.get_body_data
local get_body_file, print = ngx.req.get_body_file, ngx.print

local NAME, REPLY_BYTES = 1, 1000 -- fields of HelloRequest
local VARINT, FIXED64, BYTES, FIXED32 = 0, 1, 2, 5 -- how protobuf writes a field
local MOST_REPLY_BYTES = 2 ^ 20
local RESOURCE_EXHAUSTED, UNIMPLEMENTED, INTERNAL = 8, 12, 13 -- statuses of gRPC

-- The number at `at`, and where it ends; nil if the text does first. Exact below 2^53.
local function read_varint(text, at)
  local value, scale = 0, 1
  for place = at, at + 9 do
    local digit = byte(text, place)
    if not digit then
      return nil
    end
    if digit < 128 then
      return value + digit * scale, place + 1
    end
    value = value + (digit - 128) * scale
    scale = scale * 128
  end
  return nil
end

local function varint(value)
  if value < 128 then
    return char(value)
  end
  return char(value % 128 + 128) .. varint(floor(value / 128))
end

-- The name and reply_bytes of the HelloRequest that begins at `at`; nil if it is none. Fields that
-- are not ours are skipped.
local function read_request(text, at)
  local name, reply_bytes = "", 0
  local stop = #text + 1
  while at < stop do
    local tag, value
    tag, at = read_varint(text, at)
    if not tag then
      return nil
    end
    local kind = tag % 8
    local field = (tag - kind) / 8
    if kind == BYTES then
      value, at = read_varint(text, at)
      if not value or at + value > stop then
        return nil
      end
      if field == NAME then
        name = sub(text, at, at + value - 1)
      end
      at = at + value
    elseif kind == VARINT then
      value, at = read_varint(text, at)
      if not value then
        return nil
      end
      if field == REPLY_BYTES then
        reply_bytes = value
      end
    elseif kind == FIXED64 or kind == FIXED32 then
      at = at + (kind == FIXED64 and 8 or 4)
    else
      return nil
    end
  end
  if at > stop then
    return nil
  end
  return name, reply_bytes
end

-- Four bytes, the highest first: of the length of a gRPC message.
local function length_bytes(size)
  local third, second = floor(size / 2 ^ 16) % 256, floor(size / 2 ^ 8) % 256
  return char(floor(size / 2 ^ 24), third, second, size % 256)
end

local function length_at(text, at)
  local a, b, c, d = byte(text, at, at + 3)
  return d and ((a * 256 + b) * 256 + c) * 256 + d
end

-- All of the request's body, which over HTTP/2 is waited for: nginx begins at the header. Beyond
-- client_body_buffer_size it is in a file then.
local function body()
  read_body()
  local data = get_body_data()
  if data then
    return data
  end
  local path = get_body_file()
  if not path then
    return ""
  end
  local file = assert(io.open(path, "rb"))
  data = file:read("*a")
  file:close()
  return data
end

-- The trailer says so (nginx.conf.in).
local function refuse(status)
  ngx.var.grpc_status = status
end

local function say_hello()
  local text = body()
  if byte(text, 1) == 1 then
    return refuse(UNIMPLEMENTED) -- compressed
  end
  if length_at(text, 2) ~= #text - 5 then
    return refuse(INTERNAL) -- not one message
  end
  local name, reply_bytes = read_request(text, 6)
  if not name then
    return refuse(INTERNAL)
  end
  if reply_bytes > MOST_REPLY_BYTES then
    return refuse(RESOURCE_EXHAUSTED)
  end
  local greeting = "Hello " .. name
  if reply_bytes > 0 then
    greeting = sub(greeting, 1, reply_bytes) .. rep(".", reply_bytes - #greeting)
  end
  local message = "\10" .. varint(#greeting) .. greeting -- field 1 of HelloReply
  print("\0", length_bytes(#message), message)
end

return { say_hello = say_hello }
