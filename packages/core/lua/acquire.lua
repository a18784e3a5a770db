-- Grants locks, each to a token of its own. If a lock is held, the token waits in its queue.
-- KEYS   per lock the six of lib/keys.lua
-- ARGV   the three of lib/times.lua, then per lock: token, ttl (ms), ticket
-- Reply  per lock the one of lib/acquire.lua. One reply more, if messages were not published: the reason
-- @include lib/acquire.lua
-- @include lib/each-lock.lua

return each_lock(3, function(lock, argument)
  local token, ttl, ticket = ARGV[argument], ARGV[argument + 1], ARGV[argument + 2]
  return acquire(lock, token, ttl, ticket)
end)
