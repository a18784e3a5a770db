-- Frees the lock whoever holds it, tells that process, and hands the lock over. The holder's token is dead for what was
-- left of its lease.
-- KEYS   six, see hand-over.lua
-- ARGV   1 claim (ms)
-- Reply  1 freed | 0 was free | 'foreign'
local holder = redis.pcall('GET', KEYS[1])
if not holder then
  return 0
end
local left = call('PTTL', KEYS[1])
if type(holder) == 'table' or left < 0 then
  return 'foreign'
end
call('DEL', KEYS[1])
if #holder < 200 then -- a token of ours is short
  call('SET', KEYS[5], '!' .. holder, 'PX', math.max(left, 1))
end
local inbox = inbox_of(holder)
if #inbox == 16 and #inbox < #holder then
  call('PUBLISH', 'distlock:' .. inbox, holder .. ' 0 0')
end
hand_over(1)
return 1
