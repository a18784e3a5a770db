-- @include keys.lua

-- True if the lock has waiters. A queue without a ttl is not of these scripts, and counts as empty.
local function has_waiters(lock)
  return call('PTTL', KEYS[lock + QUEUE]) >= 0
end

-- Runs after waiters were taken out of the queue: signs of life are of use only while there are waiters.
-- If the server refuses, they expire by themselves.
local function clear_signs_of_life(lock)
  if not has_waiters(lock) then
    redis.pcall('DEL', KEYS[lock + ALIVE])
  end
end
