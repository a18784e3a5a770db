-- Moves a held lock to another token in one step, so that it is never free in between. It is a grant, with a new fence and a
-- lease of its own. The old token counts as released. Waiters keep their places. Safe to repeat.
-- KEYS   the six of lib/keys.lua; the tombstone is the one of the token that gets the lock
-- ARGV   1 token that has the lock  2 token that gets it  3 ttl (ms)
-- Reply  its fence, even for a repeated transfer | 'lost' the first token does not hold the lock
--        | 'dead' the second token is refused | 'foreign …' as in lib/acquire.lua
-- @include lib/keys.lua
-- @include lib/clock.lua
-- @include lib/fence.lua
-- @include lib/holder.lua
-- @include lib/dead.lua
-- @include lib/foreign-lock.lua
-- @include lib/foreign-companion.lua
-- @include lib/queue.lua
-- @include lib/hand-over.lua
-- @include lib/confirm.lua

local from, to, ttl = ARGV[1], ARGV[2], ARGV[3]
micros()
local holder = holder_of(1)
local left = call('PTTL', KEYS[1])
local known = call('MGET', KEYS[1 + FENCE], KEYS[1 + RELEASED], KEYS[1 + TOMBSTONE])
local last, released, tombstone = known[1], known[2], known[3]
if is_not_a_lock(holder, left) then
  return 'foreign'
end
if holder == to then
  return confirm(1, last, left, ttl)
end
if holder ~= from then
  if not holder and has_waiters(1) then
    hand_over(1)
  end
  return 'lost'
end
if is_dead(to, released, tombstone) then
  return 'dead'
end
local foreign = foreign_companion(1, last, released)
if foreign then
  return foreign
end

-- The old token stays in its companion as in release.lua, and RENAME comes first for the same reason.
call('RENAME', KEYS[1], KEYS[1 + RELEASED])
call('SET', KEYS[1], to, 'PX', ttl)
call('ZREM', KEYS[1 + QUEUE], to)
return mint(1, last, ttl)
