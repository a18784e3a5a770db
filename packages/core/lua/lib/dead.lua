-- True if the token must not be granted any more: it was given up, or it was the last one to be released or forced out.
-- `released` and `tombstone` are the values of these keys. Of a token that was forced out only a digest is kept, since the
-- token of another library may be long.
local function is_dead(token, released, tombstone)
  return tombstone or released and (released == token or released == '!' .. redis.sha1hex(token))
end
