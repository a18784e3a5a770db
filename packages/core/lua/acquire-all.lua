-- Grants all locks to one token, or says which one is in the way. Not to wait: takes all or none. To wait: takes those
-- before it, and gives the token its place in the queue of that one. Repeated, it goes on from there.
-- KEYS   six per lock, see hand-over.lua
-- ARGV   1 claim (ms)  2 freshness window (ms)  3 token  4 ttl (ms)
--        5 '' not to wait, '0' to wait, or in which lock's queue (1, 2, …) the token once had the place 6
-- Reply  {fence of each} | {which lock (1, 2, …), its reply as in acquire-one.lua}
local token, ttl, at = ARGV[3], ARGV[4], ARGV[5]
local count = #KEYS / 6
if at == '' then
  for i = 1, count do
    local k = 6 * i - 5
    if call('EXISTS', KEYS[k + 2]) == 1 and call('EXISTS', KEYS[k]) == 0 then
      hand_over(k)
    end
    local holder = redis.pcall('GET', KEYS[k])
    if holder and holder ~= token then
      local left = call('PTTL', KEYS[k])
      return { i, (type(holder) == 'table' or left < 0) and 'foreign' or 'held ' .. left }
    end
  end
end
local fences = {}
for i = 1, count do
  local ticket = at ~= '' and (at == tostring(i) and ARGV[6] or '0') or ''
  local reply = acquire(6 * i - 5, token, ttl, ticket)
  if type(reply) ~= 'number' then
    return { i, reply }
  end
  fences[i] = reply
end
return fences
