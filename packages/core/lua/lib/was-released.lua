-- @include keys.lua
-- @include clock.lua
-- @include queue.lua

-- True if the token is the one that was released or transferred away last. For a queue that is a set.
local function was_released(lock, token)
  local till = call('ZSCORE', KEYS[lock + QUEUE], '=' .. token)
  return till and -till > micros()
end
