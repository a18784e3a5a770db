-- Deletes a session, and nothing that is no session.
-- KEYS   1 messages (list of JSON texts, oldest first)
-- Reply  {'cleared'} | {'foreign', type that the key holds}
local kind = redis.call('TYPE', KEYS[1]).ok
if kind ~= 'list' and kind ~= 'none' then
  return {'foreign', kind}
end
redis.call('DEL', KEYS[1])
return {'cleared'}
