-- Deletes a session, and nothing that is no session. Its fence stays, so that no late write brings it back.
-- KEYS, ARGV   see fence.lua
-- Reply        {'cleared'} | {'stale' or 'unfenced', last fence} | {'foreign', type that the key holds}
local no = foreign() or refused()
if no then
  return no
end
redis.call('DEL', KEYS[1]) -- first, as it is never refused for want of memory
stamp()
return { 'cleared' }
