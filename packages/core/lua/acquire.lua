-- Grants locks, each to its token, once; where the lock is held, gives the token its place in the queue.
-- The present holder is told its fence again, a dead token is refused.
-- KEYS   six per lock, see hand-over.lua
-- ARGV   1 claim (ms)  2 freshness window (ms), then per lock: token, ttl (ms), ticket: '' not to wait, '0' for the end
--        of the queue, or the place that the token once had
-- Reply  five per lock: 'granted', fence | 'held', ms left of the lease
--        | 'queued', ms left of the lease, ticket, floor of later fences, how many are before it
--        | 'dead' | 'foreign' | an error's text, filled up with 0
local function acquire(k, a)
  local token, ttl, ticket = ARGV[a], ARGV[a + 1], ARGV[a + 2]
  local known = redis.call('MGET', KEYS[k + 1], KEYS[k + 4], KEYS[k + 5])
  local last = known[1]
  if known[3] or known[2] == token or known[2] == '!' .. token then
    return { 'dead' }
  end
  if redis.call('EXISTS', KEYS[k + 2]) == 1 and redis.call('EXISTS', KEYS[k]) == 0 then
    last = hand_over(k) or last
  end
  if redis.call('SET', KEYS[k], token, 'NX', 'PX', ttl) then
    return { 'granted', mint(k, last, ttl) }
  end
  local holder = redis.pcall('GET', KEYS[k])
  local left = redis.call('PTTL', KEYS[k])
  if holder == token then
    if left < tonumber(ttl) then
      redis.call('PEXPIRE', KEYS[k], ttl)
      redis.call('PEXPIRE', KEYS[k + 1], math.max(DAY, ttl))
    end
    return { 'granted', tonumber(last) or mint(k, last, ttl) }
  end
  if type(holder) == 'table' or left < 0 then
    return { 'foreign' }
  end
  if ticket == '' then
    return { 'held', left }
  end
  local time = micros()
  local place = redis.call('ZSCORE', KEYS[k + 2], token)
  if not place then
    place = tonumber(ticket)
    if place == 0 then
      place = math.max(time, (tonumber(redis.call('ZREVRANGE', KEYS[k + 2], 0, 0, 'WITHSCORES')[2]) or 0) + 1)
    end
    redis.call('ZADD', KEYS[k + 2], exact(place), token)
  end
  redis.call('HSET', KEYS[k + 3], inbox_of(token), exact(time / 1000 + ARGV[2]))
  redis.call('PEXPIRE', KEYS[k + 2], 2 * ARGV[2])
  redis.call('PEXPIRE', KEYS[k + 3], 2 * ARGV[2])
  local before = redis.call('ZRANK', KEYS[k + 2], token)
  return { 'queued', left, tonumber(place), math.max(time, tonumber(last) or 0), before }
end

local flat = {}
for i, reply in ipairs(each(6, 3, 3, acquire)) do
  for j = 1, 5 do
    flat[5 * i + j - 5] = reply[j] or 0
  end
end
return flat
