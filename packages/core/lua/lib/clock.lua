-- @include keys.lua

-- How string.format writes a whole number. Lua's own conversion would round a fence.
local WHOLE = '%.0f'

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
