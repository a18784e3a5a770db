-- Frees the lock, only for its holder. A repeated release of the last holder is told so.
-- KEYS   1 lock   2 fence companion   3 tombstone of this token
-- ARGV   1 token  2 life of the tombstone (ms), '0' for none
-- Reply  1 released | 0 not ours
--
-- Each write begins with a DEL: a script that begins with SET is refused when the server is out of memory.
local ours = redis.pcall('GET', KEYS[1]) == ARGV[1]
local last, past = string.match(redis.call('MGET', KEYS[2])[1] or '', '^(%d+) ?(.*)$')
if ours then
  redis.call('DEL', KEYS[1])
  if not last then
    local time = redis.call('TIME')
    last = string.format('%.0f', time[1] * 1000000 + time[2])
  end
  redis.call('SET', KEYS[2], last .. ' ' .. ARGV[1], 'PX', 86400000)
end
if ARGV[2] ~= '0' then
  redis.call('DEL', KEYS[3])
  redis.call('SET', KEYS[3], '1', 'PX', ARGV[2])
end
return (ours or past == ARGV[1]) and 1 or 0
