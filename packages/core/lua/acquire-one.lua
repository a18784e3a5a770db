-- Put before the scripts that grant. ARGV[2] is the freshness window: for how long (ms) a sign of life counts.

-- One lock for a token, or its place in the queue. The present holder is told its fence again, a dead token is refused.
-- ticket  '' not to wait, '0' for the end of the queue, or the place that the token once had
-- Gives   its fence if it is granted | 'held <ms left of the lease>'
--         | 'queued <ms left of the lease> <ticket> <floor of later fences> <how many are before it>' | 'dead' | 'foreign'
local function acquire(k, token, ttl, ticket)
  local time = micros()
  local known = call('MGET', KEYS[k + 1], KEYS[k + 4], KEYS[k + 5])
  local last, released = known[1], known[2]
  if known[3] or released == token or released == '!' .. token then
    return 'dead'
  end
  if call('EXISTS', KEYS[k + 2]) == 1 and call('EXISTS', KEYS[k]) == 0 then
    last = hand_over(k) or last
  end
  if call('SET', KEYS[k], token, 'NX', 'PX', ttl) then
    return mint(k, last, ttl)
  end
  local holder = redis.pcall('GET', KEYS[k])
  local left = call('PTTL', KEYS[k])
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
  local place = call('ZSCORE', KEYS[k + 2], token)
  if not place then
    place = tonumber(ticket)
    if place == 0 then
      place = math.max(time, (tonumber(call('ZREVRANGE', KEYS[k + 2], 0, 0, 'WITHSCORES')[2]) or 0) + 1)
    end
    call('ZADD', KEYS[k + 2], exact(place), token)
  end
  call('HSET', KEYS[k + 3], inbox_of(token), exact(time / 1000 + ARGV[2]))
  call('PEXPIRE', KEYS[k + 2], 2 * ARGV[2])
  call('PEXPIRE', KEYS[k + 3], 2 * ARGV[2])
  local floor = math.max(time, tonumber(last) or 0)
  return string.format('queued %d %.0f %.0f %d', left, place, floor, call('ZRANK', KEYS[k + 2], token))
end
