-- Puts texts, also none, in the place of all that are there.
-- KEYS, ARGV, reply   see append.lua
local why = no()
if why then
  return why
end
remember()
redis.call('DEL', list)
push(11)
bound()
settle()
return { 'done' }
