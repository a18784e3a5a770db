-- Grants all locks to one token, or says which one is in the way. Not to wait: takes all or none. To wait: takes those
-- before it, and gives the token its place in the queue of that one. Repeated, it goes on from there.
-- KEYS   six per lock, see hand-over.lua
-- ARGV   1 to 3 see hand-over.lua   4 token  5 ttl (ms)
--        6 '' not to wait, '0' to wait, or in which lock's queue (1, 2, …) the token once had the place 7
-- Reply  {fence of each} | {which lock (1, 2, …), its reply as in acquire-one.lua}
local token, ttl, at = ARGV[4], ARGV[5], ARGV[6]
local count = #KEYS / 6
if at == '' then
  for i = 1, count do
    local k = 6 * i - 5
    local _, settling
    if is_awaited(k) and call('EXISTS', KEYS[k]) == 0 then
      _, settling = hand_over(k)
    end
    local holder = holder_of(k)
    if settling or holder and holder ~= token then
      local left = settling and 0 or call('PTTL', KEYS[k])
      return { i, (type(holder) == 'table' or left < 0) and 'foreign' or 'held ' .. left }
    end
  end
end
local fences = {}
for i = 1, count do
  local ticket = at ~= '' and (at == tostring(i) and ARGV[7] or '0') or ''
  local reply = acquire(6 * i - 5, token, ttl, ticket)
  if type(reply) ~= 'number' then
    return { i, reply }
  end
  fences[i] = reply
end
return fences
