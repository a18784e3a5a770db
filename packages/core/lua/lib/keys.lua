-- How scripts name their keys. KEYS has six keys per lock. `lock` is the index of the first one, which is the lock itself:
--   KEYS[lock]              string: the holder's token
--   KEYS[lock + FENCE]      string: the last fence
--   KEYS[lock + QUEUE]      sorted set: the waiting tokens by their tickets
--   KEYS[lock + ALIVE]      hash: for each inbox until when its waiters count as alive (server time in ms)
--   KEYS[lock + RELEASED]   string: the token that was released or transferred away last, or '!' and the SHA-1 of the token
--                           that was forced out last
--   KEYS[lock + TOMBSTONE]  exists while the token of this request is refused, since it was given up
-- A script that needs only the first few of them gets only those: its header says so.
local KEYS_PER_LOCK, FENCE, QUEUE, ALIVE, RELEASED, TOMBSTONE = 6, 1, 2, 3, 4, 5

local call = redis.call
