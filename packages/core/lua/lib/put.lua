-- @include keys.lua
-- @include clock.lua
-- @include queue.lua

-- Adds scores and members to the queue, which from now on lives for at least `ms`. A released token becomes a member of it.
-- `released` is as in queue_kind.
-- PEXPIRE comes first: it is never refused for want of memory, and then nor is what follows; and a user who may not call it
-- leaves nothing behind that never ends. Members that are over are dropped last, when the set can't become empty.
local function put(lock, released, ms, ...)
  local queue = KEYS[lock + QUEUE]
  local left = call('PTTL', queue)
  local life = math.max(left, ms)
  call('PEXPIRE', queue, life)
  if released then
    call('DEL', queue)
    call('ZADD', queue, string.format(WHOLE, -micros() - left * 1000), '=' .. released)
  end
  call('ZADD', queue, ...)
  if released or left < 0 then
    call('PEXPIRE', queue, life)
  end
  call('ZREMRANGEBYSCORE', queue, string.format(WHOLE, -micros() / 1000), 0)
end
