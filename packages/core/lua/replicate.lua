-- Writes leases anew, never shorter. A WAIT behind it on the same connection then counts the replicas that have this write,
-- and with it all that was written to the server before.
-- KEYS   per lock: lock
-- ARGV   per lock: token, ttl (ms)
-- Reply  per lock: 1 held by the token | 0 not held by it
-- @include lib/holder.lua

local replies = {}
for lock = 1, #KEYS do
  local token, ttl = ARGV[2 * lock - 1], ARGV[2 * lock]
  if holder_of(lock) == token then
    redis.call('PEXPIRE', KEYS[lock], math.max(redis.call('PTTL', KEYS[lock]), tonumber(ttl)))
    replies[lock] = 1
  else
    replies[lock] = 0
  end
end
return replies
