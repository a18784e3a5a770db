-- True for a token that a locker made: 16 characters, a colon (58), 36 more, and if it has a label another colon and the label.
local function is_token(value)
  return value
    and #value > 52
    and string.byte(value, 17) == 58
    and (#value == 53 or string.byte(value, 54) == 58)
end
