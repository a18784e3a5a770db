-- @include keys.lua
-- @include fence.lua

-- Returns the holder's fence again, for a repeated request, and makes the lease longer, never shorter.
-- `last` is the value of the fence key, `left` the PTTL of the lock. A fence that was forgotten is minted anew.
local function confirm(lock, last, left, ttl)
  if left < tonumber(ttl) then
    call('PEXPIRE', KEYS[lock], ttl)
    call('PEXPIRE', KEYS[lock + FENCE], fence_life(ttl))
  end
  return tonumber(last) or mint(lock, last, ttl)
end
