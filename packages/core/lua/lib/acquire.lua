-- @include keys.lua
-- @include clock.lua
-- @include fence.lua
-- @include batch.lua
-- @include is-token.lua

-- The part of acquire for a lock that is held, or that somebody may wait for. Its functions are made inside it, so that a lock
-- that is free does not pay for them.
local function contend(lock, token, ttl, ticket, last, released, queue_left)
  -- @include holder.lua
  -- @include foreign-lock.lua
  -- @include foreign-fence.lua
  -- @include queue.lua
  -- @include dead.lua
  -- @include confirm.lua
  -- @include enqueue.lua
  -- @include hand-over.lua
  -- @include who.lua

  local kind
  kind, queue_left = queue_kind(lock, released, queue_left)

  local function join(holder, settling)
    local left = settling and 0 or call('PTTL', KEYS[lock])
    if holder == token then
      return confirm(lock, last, left, ttl)
    end
    if is_not_a_lock(holder, left) then
      return 'foreign'
    end
    local holder_text = who(holder, last)
    if ticket == '' then
      local ahead = kind == 'set' and call('ZCOUNT', KEYS[lock + QUEUE], '(0', '+inf') or 0
      return string.format('held %d %d %s', left, ahead, holder_text)
    end

    local own, ahead = enqueue(lock, token, ticket, released, queue_left or call('PTTL', KEYS[lock + QUEUE]))
    local floor = math.max(micros(), tonumber(last) or 0)
    local first = (ahead == 0 or settling) and 1 or 0
    return string.format('queued %d %.0f %.0f %d %d %s', left, own, floor, first, ahead, holder_text)
  end

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
    local holder = holder_of(lock)
    if holder then
      return join(holder)
    end
    local minted, settling = hand_over(lock, last)
    if minted or settling then
      last = minted or last
      return join(holder_of(lock), settling)
    end
  end
  return call('SET', KEYS[lock], token, 'NX', 'PX', ttl) and mint(lock, last, ttl) or join(holder_of(lock))
end

-- Grants one lock to a token, or puts the token into the queue.
-- `ticket`: '' not to wait, '0' to wait at the end of the queue, else the ticket that the token once had.
-- Returns one of
--   its fence   granted. The present holder gets its fence again
--   'held <ms left of the lease> <how many wait> <holder, see lib/who.lua>'
--   'queued <ms left of the lease> <ticket> <floor of later fences> <1 if it is the first one, else 0> <how many are before it> <holder>'
--               While the lock is settling the last number is 1, whatever the place is: then each waiter takes itself for the
--               first, and looks again at once. Somebody must, since nothing else drops the rest of the dead waiters.
--   'dead'      the token is refused
--   'foreign'   the key holds something that is not a lock
--   'foreign fence', 'foreign queue': this companion was not written by these scripts
-- A lock that is settling counts as held for 0 ms.
local function acquire(lock, token, ttl, ticket)
  micros()
  local known = call('MGET', KEYS[lock + FENCE], KEYS[lock + QUEUE])
  local last, released = known[1], known[2]

  -- The common case, in as few commands as can be: the fence is ours (16 digits or more, µs since 1970) or absent; the queue is
  -- the token of ours that was released last, or absent. So nobody waits, and no other token is refused.
  local is_released = is_token(released)
  local queue_left = not is_released and call('PTTL', KEYS[lock + QUEUE])
  local nobody_waits = queue_left == -2 or is_released and released ~= token
  local is_fence = last and #last > 15 and tonumber(last)
  if
    nobody_waits
    and (is_fence or not last and call('EXISTS', KEYS[lock + FENCE]) == 0)
    and call('SET', KEYS[lock], token, 'NX', 'PX', ttl)
  then
    return mint(lock, last, ttl)
  end
  return guarded(contend, lock, token, ttl, ticket, last, released, queue_left)
end
