-- Put before the scripts that may meet a free lock. They have six keys per lock, from k on:
--   k lock   k+1 fence   k+2 queue   k+3 alive   k+4 released   k+5 tombstone of this token
-- and ARGV[1] is the claim: for how many ms a lock is handed over until its new holder says that it lives.

local call = redis.call
local DAY = '86400000'

-- The server's clock in µs. To be asked before the first write: a user who may not ask must leave nothing half done.
local time
local function micros()
  if not time then
    local now = call('TIME')
    time = now[1] * 1000000 + now[2]
  end
  return time
end

-- Lua's own formatting would round a fence.
local function exact(number)
  return string.format('%.0f', number)
end

local function inbox_of(token)
  return string.match(token, '^[^:]*')
end

-- How long a fence is remembered: a day, or the ttl if that is longer.
local function long(ttl)
  return #ttl < 8 and DAY or exact(math.max(DAY, ttl))
end

local function mint(k, last, ttl)
  local fence = math.max((tonumber(last) or 0) + 1, micros())
  call('SET', KEYS[k + 1], exact(fence), 'PX', long(ttl))
  return fence
end

-- Gives a free lock to the first waiter whose process is alive, and tells that process; drops those before it.
-- Returns the fence that it minted, if any. Begins with ZREM, which is never refused for want of memory.
local function hand_over(k)
  local now = micros() / 1000
  while true do
    local head = call('ZRANGE', KEYS[k + 2], 0, 0)[1]
    if not head then
      return call('DEL', KEYS[k + 3]) and nil
    end
    call('ZREM', KEYS[k + 2], head)
    local inbox = inbox_of(head)
    if tonumber(call('HGET', KEYS[k + 3], inbox) or 0) > now then
      call('SET', KEYS[k], head, 'PX', ARGV[1])
      local fence = mint(k, call('GET', KEYS[k + 1]), ARGV[1])
      call('PUBLISH', 'distlock:' .. inbox, head .. ' ' .. exact(fence) .. ' ' .. ARGV[1])
      if call('EXISTS', KEYS[k + 2]) == 0 then
        call('DEL', KEYS[k + 3])
      end
      return fence
    end
  end
end

-- One reply per lock, of so many arguments each after the first ones. One lock's error must not be the others': it is
-- 'error <its text>'.
local function each(first, step, run)
  local replies = {}
  for i = 0, #KEYS / 6 - 1 do
    local ok, reply = pcall(run, 6 * i + 1, first + step * i)
    replies[i + 1] = ok and reply or 'error ' .. (type(reply) == 'table' and reply.err or tostring(reply))
  end
  return replies
end
