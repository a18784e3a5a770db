-- @include keys.lua
-- @include fence.lua

-- Tells the present holder its fence again, for a request that was repeated, and makes the lease longer, never shorter.
-- `last` is the value of the fence key, `left` the PTTL of the lock. A fence that was forgotten is minted anew.
local function confirm(lock, last, left, ttl)
  if left < tonumber(ttl) then
    call('PEXPIRE', KEYS[lock], ttl)
    call('PEXPIRE', KEYS[lock + FENCE], fence_life(ttl))
  end
  return tonumber(last) or mint(lock, last, ttl)
end
