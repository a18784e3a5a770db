-- Grants several locks to one token.
-- Without waiting: all of them, or none. With waiting: those before the first one that is held, and a place in the queue of
-- that one. Safe to repeat: it goes on from there.
-- KEYS   per lock the three of lib/keys.lua
-- ARGV   1 token  2 ttl (ms)
--        3 '' not to wait, else in which lock's queue the token once had a place (1, 2, …), '0' for none
--        4 the ticket of that place
-- Reply  {fence of each lock} if all are granted
--        {which lock is in the way (1, 2, …), its reply as in lib/acquire.lua} if not
-- @include lib/keys.lua
-- @include lib/holder.lua
-- @include lib/foreign-lock.lua
-- @include lib/queue.lua
-- @include lib/who.lua
-- @include lib/hand-over.lua
-- @include lib/acquire.lua

local token, ttl, place, place_ticket = ARGV[1], ARGV[2], ARGV[3], ARGV[4]
local waits = place ~= ''

-- The reply of a lock that another token holds, if one does. Takes nothing.
local function obstacle(lock)
  local last, settling
  local known = call('MGET', KEYS[lock + FENCE], KEYS[lock + QUEUE])
  local kind = queue_kind(lock, known[2])
  if kind == 'set' and call('EXISTS', KEYS[lock]) == 0 then
    last, settling = hand_over(lock, known[1])
  end
  local holder = holder_of(lock)
  if settling then
    return 'held 0 0 0'
  end
  if holder and holder ~= token then
    local left = call('PTTL', KEYS[lock])
    local ahead = kind == 'set' and call('ZCOUNT', KEYS[lock + QUEUE], '(0', '+inf') or 0
    return is_not_a_lock(holder, left) and 'foreign' or string.format('held %d %d %s', left, ahead, who(holder, last or known[1]))
  end
end

local function ticket_of(i)
  if not waits then
    return ''
  end
  return place == tostring(i) and place_ticket or '0'
end

if not waits then
  for lock = 1, #KEYS, KEYS_PER_LOCK do
    local reply = obstacle(lock)
    if reply then
      return { (lock - 1) / KEYS_PER_LOCK + 1, reply }
    end
  end
end

local fences = {}
for lock = 1, #KEYS, KEYS_PER_LOCK do
  local i = #fences + 1
  local reply = acquire(lock, token, ttl, ticket_of(i))
  if type(reply) ~= 'number' then
    return { i, reply }
  end
  fences[i] = reply
end
return fences
