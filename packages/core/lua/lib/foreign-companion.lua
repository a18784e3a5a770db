-- @include keys.lua

-- True if these scripts did not write the key with this index, and so must not overwrite it: whatever they write has a ttl.
local function is_foreign(index)
  return call('PTTL', KEYS[index]) == -1
end

-- True if the value looks like a token of a locker: 16 characters, a colon (58), 36 more.
local function is_token(value)
  return value and #value == 53 and string.byte(value, 17) == 58
end

-- Which companion of a lock that is about to be granted is foreign, if any. `last` is the value of the fence key, `released`
-- the value of the released key. A number of 16 digits or more (µs since 1970) is a fence of ours, and a token is ours: where
-- they are found, this costs no command.
local function foreign_companion(lock, last, released)
  if not (last and #last > 15 and tonumber(last)) and is_foreign(lock + FENCE) then
    return 'foreign fence'
  end
  return not is_token(released) and is_foreign(lock + RELEASED) and 'foreign released'
end
