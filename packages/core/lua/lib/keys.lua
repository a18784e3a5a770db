-- How scripts name their keys. KEYS has three keys per lock. `lock` is the index of the first one, which is the lock itself:
--   KEYS[lock]          string: the holder's token
--   KEYS[lock + FENCE]  string: the last fence
--   KEYS[lock + QUEUE]  a string while nobody waits and no token was given up: the token that was released or transferred away
--                       last. Else a sorted set, see lib/queue.lua
-- A script that needs only the first few of them gets only those: its header says so.
local KEYS_PER_LOCK, FENCE, QUEUE = 3, 1, 2

local call = redis.call
