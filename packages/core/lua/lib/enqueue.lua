-- @include keys.lua
-- @include times.lua
-- @include clock.lua
-- @include inbox.lua

-- Puts the token into the queue, with the ticket that it once had or '0' for the end, and shows that its process is alive.
-- A token that is in the queue keeps its place. Returns its ticket.
-- PEXPIRE comes before HSET: a user who may not call it must leave nothing behind that never ends.
local function enqueue(lock, token, ticket)
  local place = call('ZSCORE', KEYS[lock + QUEUE], token)
  local has_ttl = call('PEXPIRE', KEYS[lock + ALIVE], QUEUE_TTL) == 1
  call('HSET', KEYS[lock + ALIVE], inbox_of(token), string.format(WHOLE, micros() / 1000 + WINDOW))
  if not has_ttl then
    call('PEXPIRE', KEYS[lock + ALIVE], QUEUE_TTL)
  end
  if not place then
    place = tonumber(ticket)
    if place == 0 then
      local last_ticket = call('ZREVRANGE', KEYS[lock + QUEUE], 0, 0, 'WITHSCORES')[2]
      place = math.max(micros(), (tonumber(last_ticket) or 0) + 1)
    end
    call('ZADD', KEYS[lock + QUEUE], string.format(WHOLE, place), token)
  end
  call('PEXPIRE', KEYS[lock + QUEUE], QUEUE_TTL)
  return place
end
