-- @include keys.lua
-- @include batch.lua

-- Runs each lock with its own arguments, which stand behind the three of times.lua, and returns the replies.
local function each_lock(arguments_per_lock, run)
  local replies, first = {}, 4
  for lock = 1, #KEYS, KEYS_PER_LOCK do
    local behind = first + arguments_per_lock
    replies[#replies + 1] = guarded(run, lock, unpack(ARGV, first, behind - 1))
    first = behind
  end
  return with_note(replies)
end
