-- Put before the scripts. The keys of a list:
--   1 list of JSON texts, oldest first   2 fence: the highest that has read or written
--   3 mark of this write: while that is there, it is not done again
-- ARGV[1] is the caller's fence, '' for none, ARGV[2] for how long fences are remembered (ms). Of writes, ARGV[3] is the
-- life of the mark (ms), [4] what the mark holds, [5] the list's ttl (ms), [6] how many texts to keep, [7] how many bytes
-- of them; '0' for no ttl, and for no bound. A script is refused for want of memory at its first write only.

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
    -- Others may keep the list for longer.
    local left = redis.call('PTTL', KEYS[2])
    redis.call('SET', KEYS[2], ARGV[1], 'PX', left > tonumber(ARGV[2]) and left or ARGV[2])
  end
end

local function marked()
  local mark = redis.call('GET', KEYS[3])
  return mark and { mark == ARGV[4] and 'done' or 'differs' }
end

-- What keeps a write from being done.
local function no()
  return foreign() or marked() or refused()
end

local function mark()
  stamp()
  redis.call('SET', KEYS[3], ARGV[4], 'PX', ARGV[3])
end

-- The texts in ARGV from there on: not all at once, since Lua has room for some 8,000.
local function push(from)
  for i = from, #ARGV, 1000 do
    redis.call('RPUSH', KEYS[1], unpack(ARGV, i, math.min(i + 999, #ARGV)))
  end
end

-- How many of the newest texts have no more bytes than that in all.
local function fitting(bytes)
  local count = 0
  while true do
    local texts = redis.call('LRANGE', KEYS[1], -count - 100, -count - 1)
    for i = #texts, 1, -1 do
      bytes = bytes - #texts[i]
      if bytes < 0 then
        return count
      end
      count = count + 1
    end
    if #texts < 100 then
      return count
    end
  end
end

local function bound()
  if ARGV[6] ~= '0' then
    redis.call('LTRIM', KEYS[1], '-' .. ARGV[6], -1)
  end
  if ARGV[7] ~= '0' then
    local count = fitting(tonumber(ARGV[7]))
    redis.call('LTRIM', KEYS[1], count == 0 and 1 or -count, count == 0 and 0 or -1)
  end
  if ARGV[5] ~= '0' then
    redis.call('PEXPIRE', KEYS[1], ARGV[5])
  end
end
