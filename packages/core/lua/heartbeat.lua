-- A process shows that its waiters of some locks are alive, and learns how each of them stands. Enqueues nobody.
-- KEYS   per lock the three of lib/keys.lua
-- ARGV   1 inbox of the process
--        then per lock: how many of its tokens wait, and these tokens
-- Reply  per lock '<ms left of the lease, -2 if it is free> <last fence or 0> <floor of later fences> <head> <states> <holder>'
--        head:   1 if the first waiter is one of this inbox, or if the lock is settling (see lib/hand-over.lua); else 0
--        states: one per token, with commas between them: 'g' granted, its claim counts from now on | for a token that waits, how
--                many are before it | 'm' missing: not queued, or the key has no ttl and so is not a lock
--        holder: see lib/who.lua
--        One reply more, if messages were not published: the reason
-- @include lib/keys.lua
-- @include lib/times.lua
-- @include lib/clock.lua
-- @include lib/inbox.lua
-- @include lib/hand-over.lua
-- @include lib/batch.lua
-- @include lib/who.lua

-- This runs for every waited key every 1.2 s. What all keys have in common is computed once, and as text, since Lua is slow
-- to turn a number into text.
local inbox, now = ARGV[1], micros()
local now_text, sign, alive_till = string.format(WHOLE, now), '@' .. inbox, string.format(WHOLE, -now / 1000 - WINDOW)

local function first_waiter(queue)
  return call('ZRANGEBYSCORE', queue, '(0', '+inf', 'LIMIT', '0', '1')[1]
end

-- The tokens are the arguments from `first` to `last`.
local function beat(lock, first, last)
  local queue = KEYS[lock + QUEUE]
  local known, left = call('MGET', KEYS[lock], KEYS[lock + FENCE], queue), call('PTTL', KEYS[lock])
  local holder, fence, settling = known[1], known[2] or '0', nil
  local head = not known[3] and first_waiter(queue)

  if head then
    local life = math.max(call('PTTL', queue), QUEUE_TTL)
    call('PEXPIRE', queue, life) -- the first write is one that is never refused for want of memory
    call('ZADD', queue, alive_till, sign)
    if left == -2 then -- the key is free: MGET also shows nothing where it holds something that is not a string
      local minted
      minted, settling = hand_over(lock, known[2])
      head = first_waiter(queue)
      holder, left = call('GET', KEYS[lock]), call('PTTL', KEYS[lock])
      fence = minted and string.format(WHOLE, minted) or fence
    end
  end

  -- The members before the first waiter: signs of life, and refused tokens. Counted once, for the first token that asks.
  local others
  local function ahead_of(token)
    local rank = head ~= token and head and call('ZRANK', queue, token)
    if rank then
      others = others or call('ZCOUNT', queue, '-inf', '0')
      return rank - others
    end
    return head == token and 0
  end

  local states = {}
  for i = first, last do
    local token, state = ARGV[i], 'm'
    if holder == token then
      state = 'g'
      if left < tonumber(CLAIM) then
        call('PEXPIRE', KEYS[lock], CLAIM)
      end
    elseif left ~= -1 then
      state = ahead_of(token) or 'm'
    end
    states[#states + 1] = state
  end

  local floor = tonumber(fence) > now and fence or now_text
  local is_head = settling or head and inbox_of(head) == inbox
  local seen = left .. ' ' .. fence .. ' ' .. floor .. (is_head and ' 1 ' or ' 0 ')
  return seen .. table.concat(states, ',') .. ' ' .. who(holder, fence ~= '0' and fence)
end

local replies, count_at = {}, 2
for lock = 1, #KEYS, KEYS_PER_LOCK do
  local first = count_at + 1
  local behind = first + ARGV[count_at]
  replies[#replies + 1] = guarded(beat, lock, first, behind - 1)
  count_at = behind
end
replies[#replies + 1] = unpublished
return replies
