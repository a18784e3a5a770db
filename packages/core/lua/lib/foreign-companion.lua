-- @include keys.lua

-- True if these scripts did not write the key with this index, and so must not overwrite it: whatever they write has a ttl.
local function is_foreign(index)
  return call('PTTL', KEYS[index]) == -1
end

-- Which companion of a lock that is about to be granted is foreign, if any. `last` is the value of the fence key, `released`
-- the value of the released key. A number of 16 digits or more (µs since 1970) is a fence of ours. A token of ours has 16
-- characters, a colon (58), and 36 more. Where these are found, this costs no command.
local function foreign_companion(lock, last, released)
  if not (last and #last > 15 and tonumber(last)) and is_foreign(lock + FENCE) then
    return 'foreign fence'
  end
  local is_token = released and #released == 53 and string.byte(released, 17) == 58
  return not is_token and is_foreign(lock + RELEASED) and 'foreign released'
end
