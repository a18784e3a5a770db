-- @include unpublished.lua

-- Runs a part of a script for one lock. An error, for instance of a key of another type, becomes the reply
-- 'error <text of the error>': it must not stop the other locks of the command.
local function guarded(run, ...)
  local ok, reply = pcall(run, ...)
  return ok and reply or 'error ' .. (type(reply) == 'table' and reply.err or tostring(reply))
end
