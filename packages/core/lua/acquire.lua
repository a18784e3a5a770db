-- Grants locks, each to a token of its own. If a lock is held, the token waits in its queue.
-- KEYS   per lock the three of lib/keys.lua
-- ARGV   per lock: token, ttl (ms), ticket
-- Reply  per lock the one of lib/acquire.lua. One reply more, if messages were not published: the reason
-- @include lib/acquire.lua

if #KEYS == KEYS_PER_LOCK then
  return { acquire(1, ARGV[1], ARGV[2], ARGV[3]), unpublished }
end

local replies, argument = {}, 1
for lock = 1, #KEYS, KEYS_PER_LOCK do
  replies[#replies + 1] = guarded(acquire, lock, ARGV[argument], ARGV[argument + 1], ARGV[argument + 2])
  argument = argument + 3
end
replies[#replies + 1] = unpublished
return replies
