-- @include keys.lua
-- @include clock.lua
-- @include queue.lua
-- @include put.lua

-- Refuses a token for so many ms at least, if it is not the holder. `released` is as in queue_kind. If it is the token that was
-- released last, its release still gets the same reply again.
local function refuse(lock, token, released, ms)
  local queue, left = KEYS[lock + QUEUE], call('PTTL', KEYS[lock + QUEUE])
  local as_released = not released and tonumber(call('ZSCORE', queue, '!' .. token) or 0)
  if released == token then
    as_released = -micros() - left * 1000
  end
  if as_released and as_released < BELOW_ALL_MS then
    ms = math.max(ms, math.ceil((-as_released - micros()) / 1000))
  end
  put(lock, released, left, ms, string.format(WHOLE, -micros() / 1000 - ms), '!' .. token)
  if as_released and as_released < BELOW_ALL_MS then
    call('ZADD', queue, string.format(WHOLE, as_released), '=' .. token)
  end
  drop_old(lock)
end
