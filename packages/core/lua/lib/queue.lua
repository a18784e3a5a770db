-- @include keys.lua
-- @include clock.lua
-- @include is-token.lua

-- The queue as a sorted set. Waiters have scores above 0, in their order. All else has a score below 0, the negative of a time:
--   <token>   waits. The score is its ticket
--   @<inbox>  until when the waiters of this inbox count as alive, in ms
--   !<token>  until when this token is refused. In ms if it was given up or forced out. In µs if it was released or transferred
--             away last: so its score lies far below all others, and its successor finds it there
--   ?<token> <reason>  why this token was forced out, with the score of its !<token>
--   =<token>  the token was released last and given up too: until when its release gets the same reply, in µs
local BELOW_ALL_MS = -1e14

-- What the queue's key holds: 'nothing', 'token' (a string), 'set', or 'foreign' if these scripts did not write it: whatever
-- they write has a ttl. Second, it returns the PTTL, `left` if that is known already, nil if it did not ask for it: where a
-- locker's token is found, this costs no command. `released` is the value, if that is a string.
local function queue_kind(lock, released, left)
  if is_token(released) then
    return 'token'
  end
  left = left or call('PTTL', KEYS[lock + QUEUE])
  if left == -1 then
    return 'foreign'
  end
  return left == -2 and 'nothing' or released and 'token' or 'set', left
end
