-- Put before the scripts that may meet a free lock. They have six keys per lock, from k on:
--   k lock   k+1 fence   k+2 queue   k+3 alive   k+4 released   k+5 tombstone of this token
-- and three arguments before their own:
--   1 claim: for how many ms a lock is handed over until its new holder says that it lives
--   2 freshness window: for how many ms a sign of life counts   3 for how many ms a fence is remembered at least

local call = redis.call
local CLAIM, WINDOW, FENCE_TTL = ARGV[1], tonumber(ARGV[2]), ARGV[3]

-- How many dead waiters one script drops at most, so that it does not keep the server for longer than some ms.
local MOST = 5000

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

-- The token at the key, false for none, a table for what is not a string. Another error, such as a lack of rights, says
-- nothing about the holder.
local function holder_of(k)
  local holder = redis.pcall('GET', KEYS[k])
  if type(holder) == 'table' and not string.find(holder.err, 'WRONGTYPE', 1, true) then
    call('GET', KEYS[k])
  end
  return holder
end

local function inbox_of(token)
  return string.match(token, '^[^:]*')
end

-- How long a fence is remembered: never for less than the lease.
local function long(ttl)
  return tonumber(ttl) > tonumber(FENCE_TTL) and ttl or FENCE_TTL
end

local function mint(k, last, ttl)
  local fence = math.max((tonumber(last) or 0) + 1, micros())
  call('SET', KEYS[k + 1], exact(fence), 'PX', long(ttl))
  return fence
end

-- Whether the token is the one that was released last, or forced out last. Of the latter only a digest is kept, since the
-- token of another library may be long. It is made only where it is compared: every acquire after a release comes by here.
local function is_over(token, released)
  return released == token
    or released and string.byte(released) == 33 and released == '!' .. redis.sha1hex(token)
end

-- Whether somebody waits. A queue without a ttl is not of these scripts, and nobody's.
local function is_awaited(k)
  return call('PTTL', KEYS[k + 2]) >= 0
end

-- Whether these scripts did not write the key, and must not overwrite it: all that they write has a ttl.
local function is_foreign(k)
  return call('PTTL', KEYS[k]) == -1
end

-- Whether it looks like a token of a locker (16 characters, a colon, 36 more). Then nobody asks for its ttl.
local function is_known(released)
  return released and #released == 53 and string.byte(released, 17) == 58
end

-- Which companion of a lock that is to be granted is foreign, if any. `last` is the fence.
local function foreign_companion(k, last, released)
  if not (last and #last > 15 and tonumber(last)) and is_foreign(k + 1) then
    return 'foreign fence'
  end
  return not is_known(released) and is_foreign(k + 4) and 'foreign released'
end

-- Behind what takes waiters out of the queue: nobody is left who could be alive. What it does not delete ends by itself.
local function forget_the_living(k)
  if not is_awaited(k) then
    redis.pcall('DEL', KEYS[k + 3])
  end
end

-- A free lock goes to the first waiter whose process is alive, and a message to that process; the waiters before it are
-- dropped. A message is a hint, so a user who may not publish hands over all the same. A sign of life that is further ahead
-- than the window comes from before the clock was set back.
-- Returns the fence that it minted, if any; and true if it dropped as many as it may, so that the lock stays free for now.
-- Begins with ZREMRANGEBYRANK, which is never refused for want of memory.
local unpublished
local function hand_over(k)
  local now = micros() / 1000
  local alive, dropped, size = {}, 0, 1
  while dropped < MOST do
    local page = call('ZRANGE', KEYS[k + 2], 0, size - 1)
    for i, head in ipairs(page) do
      local inbox = inbox_of(head)
      if alive[inbox] == nil then
        local till = tonumber(call('HGET', KEYS[k + 3], inbox) or 0)
        alive[inbox] = till > now and till <= now + WINDOW + 1 -- it was rounded
      end
      if alive[inbox] then
        call('ZREMRANGEBYRANK', KEYS[k + 2], 0, i - 1)
        call('SET', KEYS[k], head, 'PX', CLAIM)
        local fence = mint(k, call('GET', KEYS[k + 1]), CLAIM)
        local sent = redis.pcall('PUBLISH', 'distlock:' .. inbox, head .. ' ' .. exact(fence) .. ' ' .. CLAIM)
        unpublished = type(sent) == 'table' and sent.err or unpublished
        forget_the_living(k)
        return fence
      end
    end
    if #page == 0 then
      return forget_the_living(k)
    end
    call('ZREMRANGEBYRANK', KEYS[k + 2], 0, #page - 1)
    dropped, size = dropped + #page, 1000
  end
  return nil, true
end

-- One lock's error must not be the others': its reply is 'error <its text>'.
local function guarded(run, ...)
  local ok, reply = pcall(run, ...)
  return ok and reply or 'error ' .. (type(reply) == 'table' and reply.err or tostring(reply))
end

-- Behind the replies of all locks: why messages were not published, if so.
local function with_note(replies)
  replies[#replies + 1] = unpublished
  return replies
end

-- One reply per lock, of so many arguments each after the first ones.
local function each(first, step, run)
  local replies = {}
  for i = 0, #KEYS / 6 - 1 do
    replies[i + 1] = guarded(run, 6 * i + 1, first + step * i)
  end
  return with_note(replies)
end
