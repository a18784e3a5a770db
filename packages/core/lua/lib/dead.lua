-- @include keys.lua
-- @include clock.lua
-- @include was-released.lua

-- True if the token must not be granted any more: it was given up or forced out, or it was released last. `kind` and `released`
-- are as in queue_kind.
local function is_dead(lock, token, kind, released)
  if kind ~= 'set' then
    return released == token
  end
  local till = call('ZSCORE', KEYS[lock + QUEUE], '!' .. token)
  return till and -till > micros() / 1000 or was_released(lock, token)
end
