-- Grants the lock to a token, once: the present holder is told its fence again, a dead token is refused.
-- KEYS   1 lock   2 fence companion   3 tombstone of this token
-- ARGV   1 token  2 ttl (ms)
-- Reply  {'granted', fence} | {'held', ms left of the lease} | {'dead'} | {'foreign'}
--
-- The fence companion is '<last fence>', then ' <token>' of who released last, or ' !<token>' of who was forced out last:
-- that token is dead. It lives as long as the lease, at least a day.
local known = redis.call('MGET', KEYS[2], KEYS[3])
local last, past = string.match(known[1] or '', '^(%d+) ?(.*)$')
if known[2] or past == ARGV[1] or past == '!' .. ARGV[1] then
  return {'dead'}
end

local time = redis.call('TIME')

local function mint(words)
  local fence = math.max((tonumber(last) or 0) + 1, time[1] * 1000000 + time[2])
  redis.call('SET', KEYS[2], string.format('%.0f', fence) .. words, 'PX', math.max(86400000, ARGV[2]))
  return fence
end

if redis.call('SET', KEYS[1], ARGV[1], 'NX', 'PX', ARGV[2]) then
  return {'granted', mint((past or '') ~= '' and ' ' .. past or '')}
end

local holder = redis.pcall('GET', KEYS[1])
local left = redis.call('PTTL', KEYS[1])
if holder == ARGV[1] then
  if left < tonumber(ARGV[2]) then
    redis.call('PEXPIRE', KEYS[1], ARGV[2])
    redis.call('PEXPIRE', KEYS[2], math.max(86400000, ARGV[2]))
  end
  return {'granted', tonumber(last) or mint('')}
end
if type(holder) == 'table' or left < 0 then
  return {'foreign'}
end
return {'held', left}
