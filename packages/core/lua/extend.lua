-- Makes leases longer, never shorter, each only for its holder.
-- KEYS   per lock the three of lib/keys.lua
-- ARGV   1 ttl (ms)  2 for how many ms a fence is remembered, never less than the ttl; then per lock: token
-- Reply  per lock: 1 held by the token | 0 not held by it | 'forced <reason>' not held, since it was forced out for this reason
-- @include lib/keys.lua
-- @include lib/holder.lua
-- @include lib/forced-out.lua

local ttl, fence_ttl = tonumber(ARGV[1]), tonumber(ARGV[2])
local replies = {}
for lock = 1, #KEYS, KEYS_PER_LOCK do
  local i = #replies + 1
  local token = ARGV[i + 2]
  if holder_of(lock) == token then
    local left = call('PTTL', KEYS[lock])
    if left < ttl then
      call('PEXPIRE', KEYS[lock], ARGV[1])
    end
    call('PEXPIRE', KEYS[lock + FENCE], left < fence_ttl and ARGV[2] or left)
    replies[i] = 1
  else
    replies[i] = forced_out(lock, token) or 0
  end
end
return replies
