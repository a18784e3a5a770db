-- Puts texts, also none, in the place of those at the end, if these are as expected.
-- KEYS   see fenced-list.lua
-- ARGV   see fenced-list.lua, write.lua, bound.lua   11 how many are expected   12 SHA-1 of these, with newlines between   13… texts
-- Reply  see append.lua | {'otherwise'} for another end: nothing is done then, nor remembered
local why = no()
if why then
  return why
end
local count = tonumber(ARGV[11])
local texts = count == 0 and {} or redis.call('LRANGE', list, -count, -1)
if #texts < count or redis.sha1hex(table.concat(texts, '\n')) ~= ARGV[12] then
  stamp()
  outlive()
  return { 'otherwise' }
end
why = redis.call('LLEN', list) > count and full(13)
if why then
  return why
end
remember()
redis.call('LTRIM', list, 0, -count - 1)
push(13)
bound()
settle()
return { 'done' }
