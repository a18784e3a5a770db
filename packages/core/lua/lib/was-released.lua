-- @include keys.lua
-- @include clock.lua
-- @include queue.lua

-- True if the token is the one that was released or transferred away last. `kind` and `released` are as in queue_kind.
local function was_released(lock, token, kind, released)
  if kind ~= 'set' then
    return released == token
  end
  local function is_until(member)
    return -(call('ZSCORE', KEYS[lock + QUEUE], member) or 0) > micros()
  end
  return is_until('!' .. token) or is_until('=' .. token)
end
