-- Reads a list. A fence is stamped: who has a lower one can no longer write, since it would not know of what was read.
-- KEYS   1 and 2 of fenced-list.lua
-- ARGV   1 and 2 of fenced-list.lua   3 how many of the last, '0' for all
-- Reply  {'read', text…} | {'stale', last fence} | {'foreign', type that the key holds}
local why = foreign() or ARGV[1] ~= '' and refused()
if why then
  return why
end
stamp()
local reply = redis.call('LRANGE', KEYS[1], ARGV[3] == '0' and 0 or '-' .. ARGV[3], -1)
table.insert(reply, 1, 'read')
return reply
