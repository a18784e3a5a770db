-- @include clock.lua
-- @include is-token.lua

-- Describes a holder: '<fence>:<ms since the grant>', and ':<label>' if its token has one. '0' if no locker made its token: then
-- the last fence may not be its own. `holder` is what holder_of returned, `last` the value of the fence key.
local function who(holder, last)
  if type(holder) ~= 'string' or not is_token(holder) or not tonumber(last) then
    return '0'
  end
  return string.format('%.0f:%d%s', last, math.max((micros() - last) / 1000, 0), string.sub(holder, 54))
end
