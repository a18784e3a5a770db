-- @include keys.lua
-- @include queue.lua

-- Runs after waiters were taken out of the queue: signs of life are of use only while there are waiters.
-- If the server refuses, they expire by themselves.
local function clear_signs_of_life(lock)
  if not has_waiters(lock) then
    redis.pcall('DEL', KEYS[lock + ALIVE])
  end
end
