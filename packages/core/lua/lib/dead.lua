-- True if the token must not be granted any more: it was given up, or it was the last one to be released or forced out.
-- `released` and `tombstone` are the values of these keys. For a token that was forced out only a digest is kept, since the
-- token of another library may be long. It begins with '!' (33), and is computed only to be compared with another one: every
-- acquire after a release runs this.
local function is_dead(token, released, tombstone)
  return tombstone
    or released == token
    or released and #released == 41 and released == '!' .. redis.sha1hex(token)
end
