-- @include keys.lua
-- @include times.lua
-- @include clock.lua

-- For how many ms a fence is remembered: never for less than the lease.
local function fence_life(ttl)
  local is_longer = #ttl >= #FENCE_TTL and tonumber(ttl) > tonumber(FENCE_TTL)
  return is_longer and ttl or FENCE_TTL
end

-- Stores and returns the fence of a new grant. It is above the last one (`last`, if there is one), and also above all that
-- were forgotten, because it is not below the clock.
local function mint(lock, last, ttl)
  local fence = math.max((tonumber(last) or 0) + 1, micros())
  call('SET', KEYS[lock + FENCE], string.format(WHOLE, fence), 'PX', fence_life(ttl))
  return fence
end
