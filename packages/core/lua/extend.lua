-- Makes leases longer, never shorter, each only for its holder.
-- KEYS   two per lock: lock, fence
-- ARGV   1 ttl (ms)  2 how long a fence is remembered (ms), then per lock: token
-- Reply  per lock: 1 held | 0 not ours
local call = redis.call
local ttl, long = tonumber(ARGV[1]), tonumber(ARGV[2])
local replies = {}
for i = 1, #KEYS / 2 do
  local lock = KEYS[2 * i - 1]
  replies[i] = 0
  local holder = redis.pcall('GET', lock)
  if holder == ARGV[i + 2] then
    local left = call('PTTL', lock)
    if left < ttl then
      call('PEXPIRE', lock, ARGV[1])
    end
    call('PEXPIRE', KEYS[2 * i], left < long and ARGV[2] or left)
    replies[i] = 1
  elseif type(holder) == 'table' and not string.find(holder.err, 'WRONGTYPE', 1, true) then
    call('GET', lock) -- another error, such as a lack of rights, says nothing about the holder
  end
end
return replies
