-- Moves a held lock to another token in one step, so that it is never free in between. It is a grant, with a new fence and a
-- lease of its own. The old token counts as released. Waiters keep their places. Safe to repeat.
-- KEYS   the three of lib/keys.lua
-- ARGV   1 token that has the lock  2 token that gets it  3 ttl (ms)
-- Reply  its fence, even for a repeated transfer | 'lost' the first token does not hold the lock
--        | 'dead' the second token is refused | 'foreign …' as in lib/acquire.lua
-- @include lib/keys.lua
-- @include lib/clock.lua
-- @include lib/fence.lua
-- @include lib/holder.lua
-- @include lib/foreign-lock.lua
-- @include lib/foreign-fence.lua
-- @include lib/queue.lua
-- @include lib/dead.lua
-- @include lib/free.lua
-- @include lib/hand-over.lua
-- @include lib/confirm.lua

local from, to, ttl = ARGV[1], ARGV[2], ARGV[3]
micros()
local holder = holder_of(1)
local left = call('PTTL', KEYS[1])
local known = call('MGET', KEYS[1 + FENCE], KEYS[1 + QUEUE])
local last, released = known[1], known[2]
local kind, queue_left = queue_kind(1, released)
if is_not_a_lock(holder, left) then
  return 'foreign'
end
if holder == to then
  return confirm(1, last, left, ttl)
end
if holder ~= from then
  if not holder and kind == 'set' then
    hand_over(1, last)
  end
  return 'lost'
end
if is_dead(1, to, kind, released) then
  return 'dead'
end
if is_foreign_fence(1, last) then
  return 'foreign fence'
end
if kind == 'foreign' then
  return 'foreign queue'
end

free(1, from, kind, queue_left)
call('SET', KEYS[1], to, 'PX', ttl)
if kind == 'set' then
  call('ZREM', KEYS[1 + QUEUE], to)
end
return mint(1, last, ttl)
