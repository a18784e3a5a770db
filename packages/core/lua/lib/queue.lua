-- @include keys.lua

-- True if the lock has waiters. A queue without a ttl was not written by these scripts, and counts as empty.
local function has_waiters(lock)
  return call('PTTL', KEYS[lock + QUEUE]) >= 0
end
