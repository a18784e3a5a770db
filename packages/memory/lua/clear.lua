-- Deletes a list, and no key of another type. The fence and the newer ids stay, so that no late write brings it back.
-- KEYS, ARGV, reply   see append.lua
local why = no()
if why then
  return why
end
redis.call('DEL', list) -- first, as it is never refused for want of memory
remember()
drop_older()
set('names', '')
set('pops', '')
set('empty', '')
save()
forget(meta.ids:sub(1, 1) == 'a' and '^ib:' or '^ia:')
forget('^n[ab]:')
forget('^p:')
outlive()
return { 'done' }
