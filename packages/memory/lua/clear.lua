-- Deletes a list, and nothing that is none. Its fence stays, so that no late write brings it back.
-- KEYS, ARGV, reply   see append.lua
local why = no()
if why then
  return why
end
redis.call('DEL', KEYS[1]) -- first, as it is never refused for want of memory
mark()
return { 'done' }
