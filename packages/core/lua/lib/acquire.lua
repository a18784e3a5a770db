-- @include keys.lua
-- @include clock.lua
-- @include fence.lua
-- @include dead.lua
-- @include foreign-companion.lua
-- @include queue.lua
-- @include hand-over.lua

-- The part of acquire for a lock that is held, or that nobody may take since it is settling. Its functions are made inside
-- it, so that a lock that is free does not pay for them.
local function join(lock, token, ttl, ticket, last, settling)
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

  if is_foreign(lock + QUEUE) then
    return 'foreign queue'
  end
  if is_foreign(lock + ALIVE) then
    return 'foreign alive'
  end
  local place = enqueue(lock, token, ticket)
  local floor = math.max(micros(), tonumber(last) or 0)
  local before = settling and 0 or call('ZRANK', KEYS[lock + QUEUE], token)
  return string.format('queued %d %.0f %.0f %d', left, place, floor, before)
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
--   'foreign fence', 'foreign released', 'foreign queue', 'foreign alive': this companion was not written by these scripts
-- A lock that is settling counts as held for 0 ms.
local function acquire(lock, token, ttl, ticket)
  micros()
  local known = call('MGET', KEYS[lock + FENCE], KEYS[lock + RELEASED], KEYS[lock + TOMBSTONE])
  local last, released, tombstone = known[1], known[2], known[3]
  if is_dead(token, released, tombstone) then
    return 'dead'
  end
  local foreign = foreign_companion(lock, last, released)
  if foreign then
    return foreign
  end

  -- A free lock with waiters goes to one of them: a newcomer does not overtake.
  local minted, settling
  local is_free = true -- as far as is known
  if has_waiters(lock) then
    is_free = call('EXISTS', KEYS[lock]) == 0
    if is_free then
      minted, settling = hand_over(lock)
      last = minted or last
    end
  end
  if is_free and not settling and call('SET', KEYS[lock], token, 'NX', 'PX', ttl) then
    return mint(lock, last, ttl)
  end
  return join(lock, token, ttl, ticket, last, settling)
end
