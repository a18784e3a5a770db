-- @include keys.lua
-- @include times.lua
-- @include clock.lua
-- @include inbox.lua
-- @include put.lua

-- Puts the token into the queue, with the ticket that it once had or '0' for the end, and shows that its process is alive.
-- A token that is in the queue keeps its place. Returns its ticket. `released` is as in queue_kind.
local function enqueue(lock, token, ticket, released)
  local sign, alive_till = '@' .. inbox_of(token), string.format(WHOLE, -micros() / 1000 - WINDOW)
  local known = not released and call('ZSCORE', KEYS[lock + QUEUE], token)
  if known then
    put(lock, released, QUEUE_TTL, alive_till, sign)
    return known
  end

  local place = tonumber(ticket)
  if place == 0 then
    local last_ticket = not released and call('ZREVRANGE', KEYS[lock + QUEUE], 0, 0, 'WITHSCORES')[2]
    place = math.max(micros(), (tonumber(last_ticket) or 0) + 1)
  end
  put(lock, released, QUEUE_TTL, alive_till, sign, string.format(WHOLE, place), token)
  return place
end
