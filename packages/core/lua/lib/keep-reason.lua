-- @include keys.lua

-- Keeps the reason why a token was forced out with its tombstone, which is there: with the same score, so that both end together.
local function keep_reason(lock, token, reason)
  local queue = KEYS[lock + QUEUE]
  call('ZADD', queue, call('ZSCORE', queue, '!' .. token), '?' .. token .. ' ' .. reason)
end
