-- @include unpublished.lua

-- Runs one lock of a command that serves many. An error of one lock must not stop the others: its reply is
-- 'error <text of the error>'.
local function guarded(run, ...)
  local ok, reply = pcall(run, ...)
  return ok and reply or 'error ' .. (type(reply) == 'table' and reply.err or tostring(reply))
end
