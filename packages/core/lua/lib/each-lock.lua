-- @include keys.lua
-- @include batch.lua

-- Calls run(lock, argument) for each lock, and returns the replies. `argument` is the index of the first one of the lock's own
-- arguments: they stand behind the three of times.lua.
local function each_lock(arguments_per_lock, run)
  local replies, argument = {}, 4
  for lock = 1, #KEYS, KEYS_PER_LOCK do
    replies[#replies + 1] = guarded(run, lock, argument)
    argument = argument + arguments_per_lock
  end
  return with_note(replies)
end
