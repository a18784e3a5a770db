-- @include keys.lua

-- Returns true if the lock has waiters. Second, it returns true if these scripts did not write the queue, since it has no
-- ttl: it then counts as empty.
local function has_waiters(lock)
  local left = call('PTTL', KEYS[lock + QUEUE])
  return left >= 0, left == -1
end

-- Runs after waiters were taken out of the queue: signs of life are of use only while there are waiters.
-- If the server refuses, they expire by themselves.
local function clear_signs_of_life(lock)
  if not has_waiters(lock) then
    redis.pcall('DEL', KEYS[lock + ALIVE])
  end
end
