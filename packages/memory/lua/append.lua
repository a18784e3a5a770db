-- Appends messages to a session, all or none, once, in the order in which Redis runs the scripts.
-- KEYS   see fence.lua   3 mark of this write: it is not done again while that is there
-- ARGV   see fence.lua   3 life of the mark (ms)   4 ttl (ms), '0' to leave it as it is
--        5 how many messages to keep, '0' for all   6… messages
-- Reply  {'appended'} also where that was done before | {'stale' or 'unfenced', last fence}
--        | {'foreign', type that the key holds}
local no = foreign()
if no then
  return no
end
if redis.call('EXISTS', KEYS[3]) == 1 then
  return { 'appended' }
end
no = refused()
if no then
  return no
end
stamp()
redis.call('SET', KEYS[3], '1', 'PX', ARGV[3])
for i = 6, #ARGV, 1000 do
  redis.call('RPUSH', KEYS[1], unpack(ARGV, i, math.min(i + 999, #ARGV)))
end
if ARGV[5] ~= '0' then
  redis.call('LTRIM', KEYS[1], '-' .. ARGV[5], -1)
end
if ARGV[4] ~= '0' then
  redis.call('PEXPIRE', KEYS[1], ARGV[4])
end
return { 'appended' }
