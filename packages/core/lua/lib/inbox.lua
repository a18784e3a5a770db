-- The name of the inbox that learns of this token's grants: the token up to its first ':'.
local function inbox_of(token)
  return string.match(token, '^[^:]*')
end
