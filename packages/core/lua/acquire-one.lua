-- Put before the scripts that grant.

-- One lock for a token, or its place in the queue. The present holder is told its fence again, a dead token is refused.
-- ticket  '' not to wait, '0' for the end of the queue, or the place that the token once had
-- Gives   its fence if it is granted | 'held <ms left of the lease>'
--         | 'queued <ms left of the lease> <ticket> <floor of later fences> <how many are before it>' | 'dead' | 'foreign'
--         | 'foreign fence', 'foreign queue' and so on: the companion is somebody else's
-- While the dead waiters of a long queue are dropped, the lock is held for 0 ms.
local function acquire(k, token, ttl, ticket)
  local time = micros()
  local known = call('MGET', KEYS[k + 1], KEYS[k + 4], KEYS[k + 5])
  local last, released = known[1], known[2]
  if known[3] or is_over(token, released) then
    return 'dead'
  end
  local foreign = foreign_companion(k, last, released)
  if foreign then
    return foreign
  end
  local minted, settling
  if is_awaited(k) and call('EXISTS', KEYS[k]) == 0 then
    minted, settling = hand_over(k)
    last = minted or last
  end
  if not settling and call('SET', KEYS[k], token, 'NX', 'PX', ttl) then
    return mint(k, last, ttl)
  end
  local holder = holder_of(k)
  local left = settling and 0 or call('PTTL', KEYS[k])
  if holder == token then
    if left < tonumber(ttl) then
      call('PEXPIRE', KEYS[k], ttl)
      call('PEXPIRE', KEYS[k + 1], long(ttl))
    end
    return tonumber(last) or mint(k, last, ttl)
  end
  if type(holder) == 'table' or left < 0 then
    return 'foreign'
  end
  if ticket == '' then
    return 'held ' .. left
  end
  if is_foreign(k + 2) or is_foreign(k + 3) then
    return 'foreign ' .. (is_foreign(k + 2) and 'queue' or 'alive')
  end
  local place = call('ZSCORE', KEYS[k + 2], token)
  call('PEXPIRE', KEYS[k + 3], 2 * WINDOW) -- a user who may not do this leaves nothing behind that never ends
  call('HSET', KEYS[k + 3], inbox_of(token), exact(time / 1000 + WINDOW))
  call('PEXPIRE', KEYS[k + 3], 2 * WINDOW)
  if not place then
    place = tonumber(ticket)
    if place == 0 then
      place = math.max(time, (tonumber(call('ZREVRANGE', KEYS[k + 2], 0, 0, 'WITHSCORES')[2]) or 0) + 1)
    end
    call('ZADD', KEYS[k + 2], exact(place), token)
  end
  call('PEXPIRE', KEYS[k + 2], 2 * WINDOW)
  local floor = math.max(time, tonumber(last) or 0)
  local before = settling and 0 or call('ZRANK', KEYS[k + 2], token)
  return string.format('queued %d %.0f %.0f %d', left, place, floor, before)
end
