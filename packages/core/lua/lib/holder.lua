-- Returns the token at the key with this index, false if there is none, and a table if the key does not hold a string.
-- Another error, such as a lack of rights, says nothing about the holder, and is raised.
local function holder_of(lock)
  local holder = redis.pcall('GET', KEYS[lock])
  if type(holder) == 'table' and not string.find(holder.err, 'WRONGTYPE', 1, true) then
    redis.call('GET', KEYS[lock])
  end
  return holder
end
