-- @include keys.lua
-- @include unpublished.lua

-- How many dead waiters one script drops at most, and how many it looks at together. This blocks the server for a few ms.
local MAX_DROPPED, PAGE = 5000, 1000

-- Hands a lock over to the first waiter whose process is alive, and drops the waiters before it. The lock must be free, or its
-- holder has just left it, and its queue a set. `last` is the value of the fence key.
-- Returns the fence that it minted, or nil if nobody is alive. Second, it returns true if the lock is still settling: the
-- script has dropped as many dead waiters as it may, the lock stays free, and nobody may take it until the rest is dropped.
-- Its functions are made inside it, since most scripts hand nothing over: Lua takes 0.1 µs to make one.
local function hand_over(lock, last)
  -- @include times.lua
  -- @include clock.lua
  -- @include fence.lua
  -- @include inbox.lua

  local queue, now, alive = KEYS[lock + QUEUE], micros() / 1000, {}

  -- True if the last sign of life of the token's process counts. One that is further ahead than the window comes from before
  -- the server's clock was set back; the 1 is for rounding.
  local function is_alive(token)
    local inbox = inbox_of(token)
    if alive[inbox] == nil then
      local till = -(call('ZSCORE', queue, '@' .. inbox) or 0)
      alive[inbox] = till > now and till <= now + WINDOW + 1
    end
    return alive[inbox]
  end

  -- Grants the lock to the waiter with this ticket, drops the waiters before it, and publishes the grant. A message is only a
  -- hint, so a user who may not publish hands over all the same.
  -- ZREMRANGEBYSCORE comes first, because it is never refused for want of memory.
  local function grant_claim(token, ticket)
    call('ZREMRANGEBYSCORE', queue, '(0', ticket)
    call('SET', KEYS[lock], token, 'PX', CLAIM)
    local fence = mint(lock, last, CLAIM)

    local message = token .. ' ' .. string.format(WHOLE, fence) .. ' ' .. CLAIM
    local sent = redis.pcall('PUBLISH', 'distlock:' .. inbox_of(token), message)
    unpublished = type(sent) == 'table' and sent.err or unpublished
    return fence
  end

  local dropped, size = 0, 1
  while dropped < MAX_DROPPED do
    local page = call('ZRANGEBYSCORE', queue, '(0', '+inf', 'WITHSCORES', 'LIMIT', 0, size)
    for i = 1, #page, 2 do
      if is_alive(page[i]) then
        return grant_claim(page[i], page[i + 1])
      end
    end
    if #page == 0 then
      return nil
    end
    call('ZREMRANGEBYSCORE', queue, '(0', page[#page])
    dropped, size = dropped + #page / 2, PAGE
  end
  return nil, true
end
