-- Frees locks, each only for its holder, and hands each over to its next waiter. A token that waits leaves the queue.
-- The last holder gets the same reply again when it repeats its release.
-- KEYS   per lock the three of lib/keys.lua
-- ARGV   per lock: token, life of its tombstone (ms), '0' for no tombstone
-- Reply  per lock the sum of: 1 if the token released the lock, now or by an earlier copy; 2 if the lock is still settling
--        (see lib/hand-over.lua), so that the release is to be sent again
--        One reply more, if messages were not published: the reason
-- @include lib/keys.lua
-- @include lib/clock.lua
-- @include lib/queue.lua
-- @include lib/was-released.lua
-- @include lib/free.lua
-- @include lib/hand-over.lua
-- @include lib/batch.lua

-- The part of release for a queue that is a set. Returns whether the lock is settling.
local function serve_queue(lock, token, ours, queue_left)
  micros()
  if ours then
    free(lock, token, 'set', queue_left)
  else
    call('ZREM', KEYS[lock + QUEUE], token)
  end
  if ours or call('EXISTS', KEYS[lock]) == 0 then
    local _, settling = hand_over(lock)
    return settling
  end
end

-- The part of release for a token that is given up.
local function bury(lock, token, released, ms)
  -- @include lib/refuse.lua
  refuse(lock, token, released, ms)
end

local function release(lock, token, tombstone_ttl)
  local known = call('MGET', KEYS[lock], KEYS[lock + QUEUE])
  local ours, released = known[1] == token, known[2]
  local kind, queue_left = queue_kind(lock, released)

  local settling
  if kind == 'set' then
    settling = serve_queue(lock, token, ours, queue_left)
  elseif ours then
    free(lock, token, kind)
    released = token
  end
  local counts = ours or released == token or kind == 'set' and was_released(lock, token)
  if tombstone_ttl ~= '0' and kind ~= 'foreign' then
    bury(lock, token, released, tonumber(tombstone_ttl))
  end
  return (counts and 1 or 0) + (settling and 2 or 0)
end

local replies, argument = {}, 1
for lock = 1, #KEYS, KEYS_PER_LOCK do
  replies[#replies + 1] = guarded(release, lock, ARGV[argument], ARGV[argument + 1])
  argument = argument + 2
end
replies[#replies + 1] = unpublished
return replies
