-- Reads the state of a lock, and changes nothing.
-- KEYS   the three of lib/keys.lua
-- ARGV   1 how many waiters to name, at most
-- Reply  {1 held or 0 free, ms left of the lease, last fence or 0, how many tokens wait, the holder's token or '',
--        {token and ticket of each of the first waiters}}
--        | 'foreign' the key holds something that is not a lock
-- @include lib/keys.lua
-- @include lib/holder.lua
-- @include lib/foreign-lock.lua

local holder = holder_of(1)
local left = call('PTTL', KEYS[1])
if is_not_a_lock(holder, left) then
  return 'foreign'
end
local known = call('MGET', KEYS[1 + FENCE], KEYS[1 + QUEUE])
local waiting, waiters = 0, {}
if not known[2] then
  waiting = call('ZCOUNT', KEYS[1 + QUEUE], '(0', '+inf')
  waiters = call('ZRANGEBYSCORE', KEYS[1 + QUEUE], '(0', '+inf', 'WITHSCORES', 'LIMIT', 0, ARGV[1])
end
return { holder and 1 or 0, math.max(left, 0), tonumber(known[1]) or 0, waiting, holder or '', waiters }
