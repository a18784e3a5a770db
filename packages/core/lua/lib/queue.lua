-- @include keys.lua
-- @include clock.lua

-- The queue as a sorted set. Waiters have scores above 0, in their order. All else has a score below 0, the negative of a time:
--   <token>   waits. The score is its ticket
--   @<inbox>  until when the waiters of this inbox count as alive, in ms
--   !<token>  until when this token is refused, in ms: it was given up or forced out
--   =<token>  until when the token is refused that was released or transferred away last, in µs. So its score lies far below
--             all others, and its successor finds it there

-- What the queue's key holds: 'nothing', 'token' (a string), 'set', or 'foreign' if these scripts did not write it: whatever
-- they write has a ttl. Second, it returns the PTTL, if it had to ask for it. `released` is the value, if that is a string. A
-- token of ours has 16 characters, a colon (58), and 36 more: where one is found, this costs no command.
local function queue_kind(lock, released)
  if released and #released == 53 and string.byte(released, 17) == 58 then
    return 'token'
  end
  local left = call('PTTL', KEYS[lock + QUEUE])
  if left == -1 then
    return 'foreign'
  end
  return left == -2 and 'nothing' or released and 'token' or 'set', left
end
