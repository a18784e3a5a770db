-- True if the key holds something that is not a lock: another type, or a string without a ttl.
-- `holder` is what holder_of returned, `left` the PTTL of the key.
local function is_not_a_lock(holder, left)
  return type(holder) == 'table' or holder and left < 0
end
