-- @include keys.lua
-- @include times.lua
-- @include clock.lua
-- @include fence.lua
-- @include inbox.lua
-- @include queue.lua

-- How many dead waiters one script drops at most, and how many it looks at together. It keeps the server for some ms only.
local MAX_DROPPED, PAGE = 5000, 1000

-- The error of a message that the server refused to publish, if there was one.
local unpublished

-- Grants the free lock to the waiter at this rank of the queue, drops the waiters before it, and publishes the grant. A
-- message is only a hint, so a user who may not publish hands over all the same.
-- ZREMRANGEBYRANK comes first, because it is never refused for want of memory.
local function grant_claim(lock, token, rank)
  call('ZREMRANGEBYRANK', KEYS[lock + QUEUE], 0, rank)
  call('SET', KEYS[lock], token, 'PX', CLAIM)
  local fence = mint(lock, call('GET', KEYS[lock + FENCE]), CLAIM)

  local message = token .. ' ' .. exact(fence) .. ' ' .. CLAIM
  local sent = redis.pcall('PUBLISH', 'distlock:' .. inbox_of(token), message)
  unpublished = type(sent) == 'table' and sent.err or unpublished

  clear_signs_of_life(lock)
  return fence
end

-- True if a sign of life counts. One that is further ahead than the window comes from before the server's clock was set back;
-- the 1 is for rounding.
local function is_fresh(till, now)
  return till > now and till <= now + WINDOW + 1
end

-- Hands a free lock over to the first waiter whose process is alive, and drops the waiters before it.
-- Returns the fence that it minted, or nil if nobody is alive. Second, it returns true if the lock is still settling: the
-- script has dropped as many dead waiters as it may, the lock stays free, and nobody may take it until the rest is dropped.
local function hand_over(lock)
  local now, alive = micros() / 1000, {}
  local dropped, size = 0, 1
  while dropped < MAX_DROPPED do
    local page = call('ZRANGE', KEYS[lock + QUEUE], 0, size - 1)
    for i, token in ipairs(page) do
      local inbox = inbox_of(token)
      if alive[inbox] == nil then
        alive[inbox] = is_fresh(tonumber(call('HGET', KEYS[lock + ALIVE], inbox) or 0), now)
      end
      if alive[inbox] then
        return grant_claim(lock, token, i - 1)
      end
    end
    if #page == 0 then
      clear_signs_of_life(lock)
      return nil
    end
    call('ZREMRANGEBYRANK', KEYS[lock + QUEUE], 0, #page - 1)
    dropped, size = dropped + #page, PAGE
  end
  return nil, true
end
