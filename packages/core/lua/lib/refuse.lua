-- @include keys.lua
-- @include clock.lua
-- @include put.lua

-- Refuses a token for so many ms, if it is not the holder.
local function refuse(lock, token, released, ms)
  put(lock, released, ms, string.format(WHOLE, -micros() / 1000 - ms), '!' .. token)
end
