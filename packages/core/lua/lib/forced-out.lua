-- @include keys.lua

-- Returns 'forced <reason>' if the token was forced out with a reason, and its tombstone lasts. See lib/keep-reason.lua.
local function forced_out(lock, token)
  local queue, time = KEYS[lock + QUEUE], call('TIME')
  -- The queue may be a string: MGET finds that out without an error, which the server would count.
  local till = not call('MGET', queue)[1] and call('ZSCORE', queue, '!' .. token)
  if not till or -till < time[1] * 1000 + time[2] / 1000 then
    return nil
  end
  local start = '?' .. token .. ' '
  for _, member in ipairs(call('ZRANGEBYSCORE', queue, till, till)) do
    if string.sub(member, 1, #start) == start then
      return 'forced ' .. string.sub(member, #start + 1)
    end
  end
end
