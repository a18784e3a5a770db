-- @include keys.lua
-- @include clock.lua
-- @include queue.lua
-- @include put.lua

-- Refuses a token for so many ms at least, if it is not the holder. `released` is as in queue_kind. If it is the token that was
-- released last, its release still gets the same reply again.
local function refuse(lock, token, released, ms)
  local queue, left = KEYS[lock + QUEUE], call('PTTL', KEYS[lock + QUEUE])
  local refused = released == token and -micros() - left * 1000
    or not released and tonumber(call('ZSCORE', queue, '!' .. token))
    or 0
  local as_released = refused < BELOW_ALL_MS
  local till = as_released and -refused / 1000 or -refused
  local score = -micros() / 1000 - ms
  ms = math.max(ms, math.ceil(till - micros() / 1000))
  -- A time that stays keeps its score to the digit: the reason of a forced release has the same.
  score = as_released and -micros() / 1000 - ms or math.min(score, refused)
  put(lock, released, left, ms, string.format(WHOLE, score), '!' .. token)
  if as_released then
    call('ZADD', queue, string.format(WHOLE, refused), '=' .. token)
  end
  drop_old(lock)
end
