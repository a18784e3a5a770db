-- Put before the scripts that may meet a free lock. They have six keys per lock, from k on:
--   k lock   k+1 fence   k+2 queue   k+3 alive   k+4 released   k+5 tombstone of this token
-- and ARGV[1] is the claim: for how many ms a lock is handed over until its new holder says that it lives.

local DAY = 86400000

local function micros()
  local time = redis.call('TIME')
  return time[1] * 1000000 + time[2]
end

-- Lua's own formatting would round a fence.
local function exact(number)
  return string.format('%.0f', number)
end

local function inbox_of(token)
  return string.match(token, '^[^:]*')
end

local function mint(k, last, ttl)
  local fence = math.max((tonumber(last) or 0) + 1, micros())
  redis.call('SET', KEYS[k + 1], exact(fence), 'PX', math.max(DAY, ttl))
  return fence
end

-- Gives a free lock to the first waiter whose process is alive, and tells that process; drops those before it.
-- Returns the fence that it minted, if any. Begins with ZREM, which is never refused for want of memory.
local function hand_over(k)
  local time
  while true do
    local head = redis.call('ZRANGE', KEYS[k + 2], 0, 0)[1]
    if not head then
      return redis.call('DEL', KEYS[k + 3]) and nil
    end
    redis.call('ZREM', KEYS[k + 2], head)
    local inbox = inbox_of(head)
    time = time or micros()
    if tonumber(redis.call('HGET', KEYS[k + 3], inbox) or 0) > time / 1000 then
      redis.call('SET', KEYS[k], head, 'PX', ARGV[1])
      local fence = mint(k, redis.call('GET', KEYS[k + 1]), ARGV[1])
      redis.call('PUBLISH', 'distlock:' .. inbox, head .. ' ' .. exact(fence) .. ' ' .. ARGV[1])
      if redis.call('EXISTS', KEYS[k + 2]) == 0 then
        redis.call('DEL', KEYS[k + 3])
      end
      return fence
    end
  end
end

-- One lock's error must not be the others'.
local function each(width, first, step, run)
  local replies = {}
  for i = 0, #KEYS / width - 1 do
    local ok, reply = pcall(run, i * width + 1, first + i * step)
    if not ok then
      reply = { type(reply) == 'table' and reply.err or tostring(reply) }
    end
    replies[i + 1] = reply
  end
  return replies
end
