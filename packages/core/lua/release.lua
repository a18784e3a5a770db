-- Frees locks, each only for its holder, and hands each over to its next waiter. A token that waits leaves the queue.
-- The last holder gets the same reply again when it repeats its release.
-- KEYS   per lock the six of lib/keys.lua
-- ARGV   per lock: token, life of its tombstone (ms), '0' for no tombstone
-- Reply  per lock the sum of: 1 if the token released the lock, now or by an earlier copy; 2 if the lock is still settling
--        (see lib/hand-over.lua), so that the release is to be sent again
--        One reply more, if messages were not published: the reason
-- @include lib/keys.lua
-- @include lib/holder.lua
-- @include lib/queue.lua
-- @include lib/signs-of-life.lua
-- @include lib/hand-over.lua
-- @include lib/batch.lua

-- The released token stays in its companion for what was left of its lease, so that a late copy of its acquire is refused.
-- RENAME and ZREM come first: they are never refused for want of memory, and then nor is what follows.
local function release(lock, token, tombstone_ttl)
  local holder = holder_of(lock)
  local ours = holder == token
  if ours then
    call('RENAME', KEYS[lock], KEYS[lock + RELEASED])
  elseif call('ZREM', KEYS[lock + QUEUE], token) == 1 then
    clear_signs_of_life(lock)
  end
  if tombstone_ttl ~= '0' then
    call('SET', KEYS[lock + TOMBSTONE], '1', 'PX', tombstone_ttl)
  end

  local _, settling
  if (ours or not holder) and has_waiters(lock) then
    _, settling = hand_over(lock)
  end
  local released = ours or call('MGET', KEYS[lock + RELEASED])[1] == token
  return (released and 1 or 0) + (settling and 2 or 0)
end

local replies, argument = {}, 1
for lock = 1, #KEYS, KEYS_PER_LOCK do
  replies[#replies + 1] = guarded(release, lock, ARGV[argument], ARGV[argument + 1])
  argument = argument + 2
end
replies[#replies + 1] = unpublished
return replies
