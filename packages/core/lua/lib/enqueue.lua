-- @include keys.lua
-- @include times.lua
-- @include clock.lua
-- @include inbox.lua
-- @include put.lua

-- Puts the token into the queue, with the ticket that it once had or '0' for the end, and shows that its process is alive.
-- A token that is in the queue keeps its place. `released` and `left` are as in put.
-- Returns its ticket, and how many tokens are before it.
local function enqueue(lock, token, ticket, released, left)
  local queue = KEYS[lock + QUEUE]
  local sign, alive_till = '@' .. inbox_of(token), string.format(WHOLE, -micros() / 1000 - WINDOW)
  local place = not released and call('ZSCORE', queue, token)
  local last_ticket = not released and tonumber(call('ZREVRANGE', queue, 0, 0, 'WITHSCORES')[2] or 0) or 0
  local is_new, added = not place, nil
  if is_new then
    place = tonumber(ticket)
    if place == 0 then
      place = math.max(micros(), last_ticket + 1)
    end
    added = put(lock, released, left, tonumber(QUEUE_TTL), alive_till, sign, string.format(WHOLE, place), token)
  else
    added = put(lock, released, left, tonumber(QUEUE_TTL), alive_till, sign)
  end
  if added == (is_new and 2 or 1) then -- a process came that may never come back
    drop_old(lock)
  end
  return place, last_ticket <= 0 and 0 or call('ZCOUNT', queue, '(0', string.format('(%.0f', place))
end
