-- @include keys.lua
-- @include clock.lua
-- @include queue.lua

-- Adds scores and members to the queue, which from now on lives for at least `ms`. A released token becomes a member of it.
-- `released` is as in queue_kind, `left` the PTTL. Returns how many members are new.
-- If the queue is to live longer, PEXPIRE comes first: it is never refused for want of memory, and then nor is what follows; and
-- a user who may not call it leaves nothing behind that never ends.
local function put(lock, released, left, ms, ...)
  local queue, life = KEYS[lock + QUEUE], math.max(left, ms)
  if left < life then
    call('PEXPIRE', queue, life)
  end
  if released then
    call('DEL', queue)
    call('ZADD', queue, string.format(WHOLE, -micros() - left * 1000), '!' .. released)
  end
  local added = call('ZADD', queue, ...)
  if released or left < 0 then
    call('PEXPIRE', queue, life)
  end
  return added
end

-- Drops the members whose time is over. It runs where members were added that only their time removes.
local function drop_old(lock)
  call('ZREMRANGEBYSCORE', KEYS[lock + QUEUE], string.format(WHOLE, -micros() / 1000), 0)
end
