-- Gives a held lock to another token in one step, without its being free in between: a grant, with a new fence and a lease
-- of its own. The old token counts as released. Waiters keep their places. A repeated transfer is told its fence again.
-- KEYS   six, see hand-over.lua; the tombstone is that of the token that gets the lock
-- ARGV   1 to 3 see hand-over.lua   4 token that has the lock  5 token that gets it  6 ttl (ms)
-- Reply  its fence | 'lost' not held by the first | 'dead' the second was given up | 'foreign', also as in acquire-one.lua
local from, to, ttl = ARGV[4], ARGV[5], ARGV[6]
micros()
local holder = holder_of(1)
local left = call('PTTL', KEYS[1])
local known = call('MGET', KEYS[2], KEYS[5], KEYS[6])
local last, released = known[1], known[2]
if type(holder) == 'table' or holder and left < 0 then
  return 'foreign'
end
if holder == to then
  if left < tonumber(ttl) then
    call('PEXPIRE', KEYS[1], ttl)
    call('PEXPIRE', KEYS[2], long(ttl))
  end
  return tonumber(last) or mint(1, last, ttl)
end
if holder ~= from then
  if not holder and is_awaited(1) then
    hand_over(1)
  end
  return 'lost'
end
if known[3] or is_over(to, released) then
  return 'dead'
end
local foreign = foreign_companion(1, last, released)
if foreign then
  return foreign
end
-- The old token stays behind as in release.lua, and RENAME comes first for the same reason.
call('RENAME', KEYS[1], KEYS[5])
call('SET', KEYS[1], to, 'PX', ttl)
call('ZREM', KEYS[3], to)
return mint(1, last, ttl)
