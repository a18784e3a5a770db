-- Writes leases anew, never shorter, so that a WAIT behind it on the same connection counts the replicas that have this
-- write, and with it all that was written to the server before.
-- KEYS   one per lock: lock
-- ARGV   per lock: token, ttl (ms)
-- Reply  per lock: 1 held | 0 not ours
local replies = {}
for i, lock in ipairs(KEYS) do
  replies[i] = 0
  local holder = redis.pcall('GET', lock)
  if holder == ARGV[2 * i - 1] then
    redis.call('PEXPIRE', lock, math.max(redis.call('PTTL', lock), tonumber(ARGV[2 * i])))
    replies[i] = 1
  elseif type(holder) == 'table' and not string.find(holder.err, 'WRONGTYPE', 1, true) then
    redis.call('GET', lock) -- another error, such as a lack of rights, says nothing about the holder
  end
end
return replies
