-- Frees the lock whoever holds it, tells that process, and hands the lock over. The holder's token is dead for what was
-- left of its lease.
-- KEYS   six, see hand-over.lua
-- ARGV   see hand-over.lua
-- Reply  1 freed | 0 was free | 'foreign', also as in acquire-one.lua
micros()
local holder = holder_of(1)
if not holder then
  return 0
end
local left = call('PTTL', KEYS[1])
if type(holder) == 'table' or left < 0 then
  return 'foreign'
end
local foreign = foreign_companion(1, call('MGET', KEYS[2])[1])
if foreign then
  return foreign
end
call('DEL', KEYS[1])
call('SET', KEYS[5], '!' .. redis.sha1hex(holder), 'PX', math.max(left, 1))
local inbox = inbox_of(holder)
if #inbox == 16 and #inbox < #holder then
  redis.pcall('PUBLISH', 'distlock:' .. inbox, holder .. ' 0 0')
end
hand_over(1)
return 1
