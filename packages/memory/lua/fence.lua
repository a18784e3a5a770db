-- Put before the scripts. A session's keys:
--   1 messages (list of JSON texts, oldest first)   2 fence: the highest that has read or written
-- ARGV[1] is the caller's fence, '' for none, ARGV[2] for how long fences are remembered (ms).

local function foreign()
  local kind = redis.call('TYPE', KEYS[1]).ok
  return kind ~= 'list' and kind ~= 'none' and { 'foreign', kind } or nil
end

-- Who has a lower fence than another before is late; who has none, where there are fences, holds no lock.
local function refused()
  local last = redis.call('GET', KEYS[2])
  if ARGV[1] == '' then
    return last and { 'unfenced', last }
  end
  return last and tonumber(last) > tonumber(ARGV[1]) and { 'stale', last } or nil
end

local function stamp()
  if ARGV[1] ~= '' then
    redis.call('SET', KEYS[2], ARGV[1], 'PX', ARGV[2])
  end
end
