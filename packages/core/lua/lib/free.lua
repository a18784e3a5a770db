-- @include keys.lua
-- @include clock.lua
-- @include queue.lua

-- Takes the lock from its holder, and remembers this token for what was left of its lease, so that a late copy of its acquire is
-- refused. `kind` and `queue_left` are what queue_kind returned. Where the queue is a set or foreign, the lock's key still has
-- the token: a successor overwrites it, or the caller deletes it.
-- RENAME and ZREMRANGEBYSCORE come first: they are never refused for want of memory, and then nor is what follows. PEXPIRE
-- comes after ZADD, since the set may have become empty before it.
local function free(lock, token, kind, queue_left)
  if kind == 'nothing' or kind == 'token' then
    call('RENAME', KEYS[lock], KEYS[lock + QUEUE])
  elseif kind == 'set' then
    local left = call('PTTL', KEYS[lock])
    local till = string.format(WHOLE, -micros() - left * 1000)
    call('ZREMRANGEBYSCORE', KEYS[lock + QUEUE], '-inf', BELOW_ALL_MS)
    call('ZADD', KEYS[lock + QUEUE], till, '!' .. token)
    call('PEXPIRE', KEYS[lock + QUEUE], math.max(left, queue_left))
  end
end
