-- Reads a session, changes nothing.
-- KEYS   1 messages (list of JSON texts, oldest first)
-- Reply  {'messages', message…} | {'foreign', type that the key holds}
local kind = redis.call('TYPE', KEYS[1]).ok
if kind ~= 'list' and kind ~= 'none' then
  return {'foreign', kind}
end
local reply = redis.call('LRANGE', KEYS[1], 0, -1)
table.insert(reply, 1, 'messages')
return reply
