-- Takes the last text away. The mark holds it, behind a '=', for who asks again.
-- KEYS, ARGV   see fenced-list.lua
-- Reply        {'popped'} where there was none, else {'popped', text} | see append.lua
local before = redis.call('GET', KEYS[3])
local why = foreign() or before and (before:sub(1, 1) == '=' and { 'popped', before:sub(2) } or { 'differs' }) or refused()
if why then
  return why
end
local text = redis.call('RPOP', KEYS[1]) -- first, as it is never refused for want of memory
stamp()
if not text then
  return { 'popped' }
end
redis.call('SET', KEYS[3], '=' .. text, 'PX', ARGV[3])
bound()
return { 'popped', text }
