-- @include keys.lua
-- @include times.lua
-- @include clock.lua
-- @include inbox.lua
-- @include foreign-companion.lua

-- The ticket of the last waiter, 0 if there is none.
local function last_ticket(lock)
  return tonumber(call('ZREVRANGE', KEYS[lock + QUEUE], 0, 0, 'WITHSCORES')[2]) or 0
end

-- Puts the token into the queue, with the ticket that it once had or '0' for the end, and shows that its process is alive.
-- A token that is in the queue keeps its place.
-- Returns its ticket; or nil, and second which companion is foreign.
-- PEXPIRE comes before HSET: a user who may not call it must leave nothing behind that never ends.
local function enqueue(lock, token, ticket)
  if is_foreign(lock + QUEUE) or is_foreign(lock + ALIVE) then
    return nil, 'foreign ' .. (is_foreign(lock + QUEUE) and 'queue' or 'alive')
  end
  local place = call('ZSCORE', KEYS[lock + QUEUE], token)
  call('PEXPIRE', KEYS[lock + ALIVE], QUEUE_TTL)
  call('HSET', KEYS[lock + ALIVE], inbox_of(token), exact(micros() / 1000 + WINDOW))
  call('PEXPIRE', KEYS[lock + ALIVE], QUEUE_TTL)
  if not place then
    place = tonumber(ticket)
    if place == 0 then
      place = math.max(micros(), last_ticket(lock) + 1)
    end
    call('ZADD', KEYS[lock + QUEUE], exact(place), token)
  end
  call('PEXPIRE', KEYS[lock + QUEUE], QUEUE_TTL)
  return place
end
