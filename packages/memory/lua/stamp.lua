-- Stamps a fence before the list is read: a holder of a lower fence can no longer write, since its reader does not know of such a write.
-- The list is then kept for as long as its reader would keep it, so that it does not expire in the middle of a turn.
-- KEYS   see fenced-list.lua
-- ARGV   see fenced-list.lua   5, 6 from where to where to read it here; absent where that is done right after this
-- Reply  {'read', text…} | {'stale', highest fence} | {'foreign', number of the key, type that it holds}
local why = look() or late()
if why then
  return why
end
stamp()
local left = redis.call('PTTL', list)
if ARGV[4] == '0' then
  redis.call('PERSIST', list)
elseif left >= 0 and left < tonumber(ARGV[4]) then
  redis.call('PEXPIRE', list, ARGV[4])
end
outlive()
local reply = ARGV[5] and redis.call('LRANGE', list, ARGV[5], ARGV[6]) or {}
table.insert(reply, 1, 'read')
return reply
