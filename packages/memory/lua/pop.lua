-- Takes the last text away, and keeps it for a copy that is sent again. It has no name.
-- KEYS, ARGV   see fenced-list.lua, write.lua, bound.lua
-- Reply        {'popped'} where there was none, else {'popped', text} | see append.lua
local why = look()
if not why and known('i', ARGV[5]) then
  local text = redis.call('HMGET', writes, 'p:' .. ARGV[5])[1]
  return text and { 'popped', text } or { 'forgotten', meta.fence }
end
why = why or refused()
if why then
  return why
end
local text = redis.call('RPOP', list) -- first, as it is never refused for want of memory
if not text then
  stamp()
  outlive()
  return { 'popped' }
end
remember(text)
bound()
settle()
return { 'popped', text }
