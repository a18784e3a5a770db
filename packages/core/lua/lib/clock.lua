-- @include keys.lua

local time

-- The server's clock in µs, the same for the whole script. Scripts read it before their first write: a user who may not call
-- TIME must be refused before anything has changed.
local function micros()
  if not time then
    local now = call('TIME')
    time = now[1] * 1000000 + now[2]
  end
  return time
end

-- A whole number as text. Lua's own conversion would round a fence.
local function exact(number)
  return string.format('%.0f', number)
end
