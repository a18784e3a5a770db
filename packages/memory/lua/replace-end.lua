-- Puts texts, also none, in the place of those at the end, if these are as expected.
-- KEYS   see fenced-list.lua
-- ARGV   see fenced-list.lua   8 how many are expected   9… these, then the texts
-- Reply  see append.lua | {'otherwise'} for another end: nothing is done then, nor remembered
local why = no()
if why then
  return why
end
local count = tonumber(ARGV[8])
local texts = count == 0 and {} or redis.call('LRANGE', KEYS[1], -count, -1)
for i = 1, count do
  if texts[i] ~= ARGV[8 + i] then
    stamp()
    return { 'otherwise' }
  end
end
mark()
redis.call('LTRIM', KEYS[1], 0, -count - 1)
push(9 + count)
bound()
return { 'done' }
