-- Makes leases longer, never shorter, each only for its holder.
-- KEYS   per lock: lock, fence companion
-- ARGV   per lock: token, ttl (ms)
-- Reply  per lock: 1 held | 0 not ours
local replies = {}
for i = 1, #KEYS, 2 do
  local ours = redis.pcall('GET', KEYS[i]) == ARGV[i]
  if ours then
    local ttl = tonumber(ARGV[i + 1])
    local left = redis.call('PTTL', KEYS[i])
    if left < ttl then
      redis.call('PEXPIRE', KEYS[i], ARGV[i + 1])
    end
    redis.call('PEXPIRE', KEYS[i + 1], string.format('%.0f', math.max(86400000, left, ttl)))
  end
  replies[#replies + 1] = ours and 1 or 0
end
return replies
