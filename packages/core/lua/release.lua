-- Frees locks, each only for its holder, and hands each over to its next waiter; a waiter leaves the queue.
-- A repeated release of the last holder is told so.
-- KEYS   six per lock, see hand-over.lua
-- ARGV   1 claim (ms), then per lock: token, life of its tombstone (ms), '0' for none
-- Reply  per lock: 1 released | 0 not ours
--
-- The released token stays behind for what was left of its lease, so that a late copy of its acquire is refused.
-- RENAME and ZREM come first: they are never refused for want of memory, and then nor is the rest.
return each(2, 2, function(k, a)
  local token = ARGV[a]
  local holder = redis.pcall('GET', KEYS[k])
  local ours = holder == token
  if ours then
    call('RENAME', KEYS[k], KEYS[k + 4])
  else
    call('ZREM', KEYS[k + 2], token)
  end
  if ARGV[a + 1] ~= '0' then
    call('SET', KEYS[k + 5], '1', 'PX', ARGV[a + 1])
  end
  if call('EXISTS', KEYS[k + 2]) == 1 then
    if ours or not holder then
      hand_over(k)
    end
  elseif not ours then
    call('DEL', KEYS[k + 3])
  end
  return (ours or call('MGET', KEYS[k + 4])[1] == token) and 1 or 0
end)
