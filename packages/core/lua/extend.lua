-- Makes leases longer, never shorter, each only for its holder.
-- KEYS   six per lock, see hand-over.lua
-- ARGV   per lock: token, ttl (ms)
-- Reply  per lock: 1 held | 0 not ours | an error's text
local function extend(k, a)
  local ttl = tonumber(ARGV[a + 1])
  if redis.pcall('GET', KEYS[k]) ~= ARGV[a] then
    return { 0 }
  end
  local left = redis.call('PTTL', KEYS[k])
  if left < ttl then
    redis.call('PEXPIRE', KEYS[k], ttl)
  end
  redis.call('PEXPIRE', KEYS[k + 1], exact(math.max(DAY, left, ttl)))
  return { 1 }
end

local flat = {}
for i, reply in ipairs(each(6, 1, 2, extend)) do
  flat[i] = reply[1]
end
return flat
