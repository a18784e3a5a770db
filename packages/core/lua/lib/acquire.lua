-- @include keys.lua
-- @include clock.lua
-- @include fence.lua
-- @include foreign-fence.lua
-- @include queue.lua
-- @include dead.lua
-- @include hand-over.lua

-- The part of acquire for a lock that is held, or that nobody may take since it is settling. Its functions are made inside
-- it, so that a lock that is free does not pay for them.
local function join(lock, token, ttl, ticket, last, released, settling)
  -- @include holder.lua
  -- @include foreign-lock.lua
  -- @include confirm.lua
  -- @include enqueue.lua

  local holder = holder_of(lock)
  local left = settling and 0 or call('PTTL', KEYS[lock])
  if holder == token then
    return confirm(lock, last, left, ttl)
  end
  if is_not_a_lock(holder, left) then
    return 'foreign'
  end
  if ticket == '' then
    return 'held ' .. left
  end

  local own = enqueue(lock, token, ticket, released)
  local floor = math.max(micros(), tonumber(last) or 0)
  local before = settling and 0 or call('ZCOUNT', KEYS[lock + QUEUE], '(0', '(' .. string.format(WHOLE, own))
  return string.format('queued %d %.0f %.0f %d', left, own, floor, before)
end

-- Grants one lock to a token, or puts the token into the queue.
-- `ticket`: '' not to wait, '0' to wait at the end of the queue, else the ticket that the token once had.
-- Returns one of
--   its fence   granted. The present holder gets its fence again
--   'held <ms left of the lease>'
--   'queued <ms left of the lease> <ticket> <floor of later fences> <how many are before it>'
--               While the lock is settling the last number is 0, whatever the place is: then each waiter takes itself for the
--               first, and looks again at once. Somebody must, since nothing else drops the rest of the dead waiters.
--   'dead'      the token is refused
--   'foreign'   the key holds something that is not a lock
--   'foreign fence', 'foreign queue': this companion was not written by these scripts
-- A lock that is settling counts as held for 0 ms.
local function acquire(lock, token, ttl, ticket)
  micros()
  local known = call('MGET', KEYS[lock + FENCE], KEYS[lock + QUEUE])
  local last, released = known[1], known[2]
  local kind = queue_kind(lock, released)
  if is_dead(lock, token, kind, released) then
    return 'dead'
  end
  if is_foreign_fence(lock, last) then
    return 'foreign fence'
  end
  if kind == 'foreign' then
    return 'foreign queue'
  end

  -- A free lock with waiters goes to one of them: a newcomer does not overtake.
  if kind == 'set' then
    if call('EXISTS', KEYS[lock]) == 1 then
      return join(lock, token, ttl, ticket, last)
    end
    local minted, settling = hand_over(lock)
    if minted or settling then
      return join(lock, token, ttl, ticket, minted or last, nil, settling)
    end
  end
  if call('SET', KEYS[lock], token, 'NX', 'PX', ttl) then
    return mint(lock, last, ttl)
  end
  return join(lock, token, ttl, ticket, last, released)
end
