-- Puts texts, also none, in the place of all that are there.
-- KEYS, ARGV, reply   see append.lua
local why = no()
if why then
  return why
end
mark()
redis.call('DEL', KEYS[1])
push(8)
bound()
return { 'done' }
