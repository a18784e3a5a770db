-- Reads the state of a lock, and changes nothing.
-- KEYS   the three of lib/keys.lua
-- Reply  {1 held or 0 free, ms left of the lease, last fence or 0, how many tokens wait, the holder's token or ''}
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
local waiting = known[2] and 0 or call('ZCOUNT', KEYS[1 + QUEUE], '(0', '+inf')
return { holder and 1 or 0, math.max(left, 0), tonumber(known[1]) or 0, waiting, holder or '' }
