-- Reads a session. A fence is stamped: who has a lower one can no longer write, since it would not know of what was read.
-- KEYS, ARGV   see fence.lua
-- Reply        {'messages', message…} | {'stale', last fence} | {'foreign', type that the key holds}
local no = foreign() or ARGV[1] ~= '' and refused()
if no then
  return no
end
stamp()
local reply = redis.call('LRANGE', KEYS[1], 0, -1)
table.insert(reply, 1, 'messages')
return reply
