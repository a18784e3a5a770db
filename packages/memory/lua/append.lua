-- Appends messages to a session, all or none, in the order in which Redis runs the scripts.
-- KEYS   1 messages (list of JSON texts, oldest first)
-- ARGV   1 ttl (ms), '0' to leave it as it is   2 how many messages to keep, '0' for all   3… messages
-- Reply  {'appended'} | {'foreign', type that the key holds}
local kind = redis.call('TYPE', KEYS[1]).ok
if kind ~= 'list' and kind ~= 'none' then
  return {'foreign', kind}
end
redis.call('RPUSH', KEYS[1], unpack(ARGV, 3))
if ARGV[2] ~= '0' then
  redis.call('LTRIM', KEYS[1], '-' .. ARGV[2], -1)
end
if ARGV[1] ~= '0' then
  redis.call('PEXPIRE', KEYS[1], ARGV[1])
end
return {'appended'}
