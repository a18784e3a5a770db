-- Grants locks, each to a token of its own. If a lock is held, the token waits in its queue.
-- KEYS   per lock the three of lib/keys.lua
-- ARGV   per lock: token, ttl (ms), ticket
-- Reply  per lock the one of lib/acquire.lua. One reply more, if messages were not published: the reason
-- @include lib/acquire.lua
-- @include lib/batch.lua

local replies, argument = {}, 1
for lock = 1, #KEYS, KEYS_PER_LOCK do
  replies[#replies + 1] = guarded(acquire, lock, ARGV[argument], ARGV[argument + 1], ARGV[argument + 2])
  argument = argument + 3
end
replies[#replies + 1] = unpublished
return replies
