-- Looks, changes nothing.
-- KEYS   six, see hand-over.lua
-- Reply  {1 held | 0 free, ms left of the lease, last fence or 0, how many wait, holder's token or ''}
--        | 'foreign'
local holder = holder_of(1)
local left = redis.call('PTTL', KEYS[1])
if type(holder) == 'table' or (holder and left < 0) then
  return 'foreign'
end
local last = redis.call('MGET', KEYS[2])[1]
return { holder and 1 or 0, math.max(left, 0), tonumber(last) or 0, redis.call('ZCARD', KEYS[3]), holder or '' }
