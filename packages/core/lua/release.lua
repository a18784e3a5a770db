-- Frees locks, each only for its holder, and hands each over to its next waiter. A token that waits leaves the queue.
-- The last holder gets the same reply again when it repeats its release.
-- KEYS   per lock the three of lib/keys.lua
-- ARGV   per lock: token, life of its tombstone (ms), '0' for no tombstone
-- Reply  per lock the sum of: 1 if the token released the lock, now or by an earlier copy; 2 if the lock is still settling
--        (see lib/hand-over.lua), so that the release is to be sent again
--        | 'forced <reason>' the token was forced out for this reason
--        One reply more, if messages were not published: the reason
-- @include lib/keys.lua
-- @include lib/batch.lua
-- @include lib/is-token.lua

-- The part of release for a lock that somebody may wait for, that the token does not hold, or that it gives up. Its functions
-- are made inside it, so that an ordinary release does not pay for them.
local function leave(lock, token, tombstone_ttl, holder, last, released, queue_left)
  -- @include lib/clock.lua
  -- @include lib/queue.lua
  -- @include lib/was-released.lua
  -- @include lib/refuse.lua
  -- @include lib/free.lua
  -- @include lib/hand-over.lua
  -- @include lib/forced-out.lua

  local kind
  kind, queue_left = queue_kind(lock, released, queue_left)
  local ours, minted, settling = holder == token, nil, nil
  micros()

  if ours then
    free(lock, token, kind, queue_left)
    released = kind ~= 'set' and token
  elseif kind == 'set' then
    call('ZREM', KEYS[lock + QUEUE], token)
  end
  if kind == 'set' and (ours or call('EXISTS', KEYS[lock]) == 0) then
    minted, settling = hand_over(lock, last)
  end
  if ours and not minted then
    call('DEL', KEYS[lock]) -- where it was not renamed
  end

  local counts = ours or was_released(lock, token, kind, released)
  local forced = not counts and not settling and forced_out(lock, token)
  if tombstone_ttl ~= '0' and kind ~= 'foreign' then
    refuse(lock, token, released, tonumber(tombstone_ttl))
  end
  return forced or (counts and 1 or 0) + (settling and 2 or 0)
end

local function release(lock, token, tombstone_ttl)
  local known = call('MGET', KEYS[lock], KEYS[lock + FENCE], KEYS[lock + QUEUE])
  local holder, released = known[1], known[3]

  -- The common case: the queue is the token of ours that was released last (see lib/acquire.lua), or absent. So nobody waits.
  local is_released = is_token(released)
  local queue_left = not is_released and call('PTTL', KEYS[lock + QUEUE])
  if holder == token and tombstone_ttl == '0' and (is_released or queue_left == -2) then
    call('RENAME', KEYS[lock], KEYS[lock + QUEUE])
    return 1
  end
  return guarded(leave, lock, token, tombstone_ttl, holder, known[2], released, queue_left)
end

if #KEYS == KEYS_PER_LOCK then
  return { release(1, ARGV[1], ARGV[2]), unpublished }
end

local replies, argument = {}, 1
for lock = 1, #KEYS, KEYS_PER_LOCK do
  replies[#replies + 1] = guarded(release, lock, ARGV[argument], ARGV[argument + 1])
  argument = argument + 2
end
replies[#replies + 1] = unpublished
return replies
