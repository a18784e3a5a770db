-- Frees locks, each only for its holder, and hands each over to its next waiter; a waiter leaves the queue.
-- A repeated release of the last holder is told so.
-- KEYS   six per lock, see hand-over.lua
-- ARGV   1 to 3 see hand-over.lua, then per lock: token, life of its tombstone (ms), '0' for none
-- Reply  per lock: 1 released | 0 not ours | 3, 2 the same, and dead waiters are still to be dropped: to be asked again
--
-- The released token stays behind for what was left of its lease, so that a late copy of its acquire is refused.
-- RENAME and ZREM come first: they are never refused for want of memory, and then nor is the rest.
return each(4, 2, function(k, a)
  local token = ARGV[a]
  local holder = holder_of(k)
  local ours = holder == token
  if ours then
    call('RENAME', KEYS[k], KEYS[k + 4])
  elseif call('ZREM', KEYS[k + 2], token) == 1 then
    forget_the_living(k)
  end
  if ARGV[a + 1] ~= '0' then
    call('SET', KEYS[k + 5], '1', 'PX', ARGV[a + 1])
  end
  local _, settling
  if (ours or not holder) and is_awaited(k) then
    _, settling = hand_over(k)
  end
  local released = ours or call('MGET', KEYS[k + 4])[1] == token
  return (released and 1 or 0) + (settling and 2 or 0)
end)
