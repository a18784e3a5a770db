-- @include keys.lua

-- True if these scripts did not write the fence key, and so must not overwrite it: whatever they write has a ttl. `last` is its
-- value. A number of 16 digits or more (µs since 1970) is a fence of ours: where one is found, this costs no command.
local function is_foreign_fence(lock, last)
  return not (last and #last > 15 and tonumber(last)) and call('PTTL', KEYS[lock + FENCE]) == -1
end
