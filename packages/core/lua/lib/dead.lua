-- @include keys.lua
-- @include clock.lua
-- @include queue.lua

-- True if the token must not be granted any more: it was given up or forced out, or it was released last. `kind` and `released`
-- are as in queue_kind.
local function is_dead(lock, token, kind, released)
  if kind ~= 'set' then
    return released == token
  end
  local score = tonumber(call('ZSCORE', KEYS[lock + QUEUE], '!' .. token) or 0)
  return -score > (score < BELOW_ALL_MS and micros() or micros() / 1000)
end
