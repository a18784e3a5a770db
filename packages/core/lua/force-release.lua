-- Frees the lock whoever holds it; the holder's token is dead from then on.
-- KEYS   1 lock   2 fence companion
-- Reply  1 freed | 0 was free | {'foreign'}
local holder = redis.pcall('GET', KEYS[1])
if not holder then
  return 0
end
if type(holder) == 'table' or redis.call('PTTL', KEYS[1]) < 0 then
  return {'foreign'}
end
local last = string.match(redis.call('MGET', KEYS[2])[1] or '', '^%d+')
redis.call('DEL', KEYS[1])
if not last then
  local time = redis.call('TIME')
  last = string.format('%.0f', time[1] * 1000000 + time[2])
end
redis.call('SET', KEYS[2], last .. (#holder < 200 and ' !' .. holder or ''), 'PX', 86400000) -- a token of ours is short
return 1
