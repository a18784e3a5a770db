-- Appends texts, all or none, once, in the order in which Redis runs the scripts.
-- KEYS   see fenced-list.lua
-- ARGV   see fenced-list.lua   8… texts
-- Reply  {'done'} also where that was done before | {'differs'} by what the mark holds | {'stale' or 'unfenced', last fence}
--        | {'foreign', type that the key holds}
local why = no()
if why then
  return why
end
mark()
push(8)
bound()
return { 'done' }
