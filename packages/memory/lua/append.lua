-- Appends texts, all or none, once, in the order in which Redis runs the scripts.
-- KEYS   see fenced-list.lua
-- ARGV   see fenced-list.lua, write.lua, bound.lua   11… texts
-- Reply  {'done'} now or by an earlier copy of it | {'before'} by another write of its name | {'differs'} by what its name names
--        | {'stale' or 'unfenced', highest fence} | {'forgotten', highest fence} as 'stale', but it may have been done before
--        | {'lost'} it may have been done before, and the record of that is lost
--        | {'full', bytes of the text of the system} | {'foreign', number of the key, type that it holds}
local why = no() or full(11)
if why then
  return why
end
remember()
push(11)
bound()
settle()
return { 'done' }
