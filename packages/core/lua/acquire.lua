-- Grants locks, each to its token, once; where the lock is held, gives the token its place in the queue.
-- KEYS   six per lock, see hand-over.lua
-- ARGV   1 to 3 see hand-over.lua, then per lock: token, ttl (ms), ticket
-- Reply  per lock: see acquire-one.lua
return each(4, 3, function(k, a)
  return acquire(k, ARGV[a], ARGV[a + 1], ARGV[a + 2])
end)
