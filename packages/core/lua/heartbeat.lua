-- A process shows that its waiters of some locks are alive, and is told how each of them stands. Enqueues nobody.
-- KEYS   per lock: lock, fence, queue, alive: the first four of hand-over.lua
-- ARGV   1 to 3 see hand-over.lua   4 inbox of the process, then per lock: how many tokens, and these
-- Reply  per lock '<ms left of the lease or -2> <last fence or 0> <floor of later fences>
--        <1 if the first in the queue is one of the inbox, or if nobody alive is known to be before it> <a digit per token>':
--        2 granted, its claim counted from now | 1 queued | 0 missing, or not to be waited for: no lease
--
-- It runs for every waited key every 1.2 s: what is the same for all is made once, and as text, since Lua is slow to make a
-- number text.
local inbox, now = ARGV[4], micros()
local now_text, alive_till, life = exact(now), exact(now / 1000 + WINDOW), exact(2 * WINDOW)

local function beat(k, from, to)
  local head = call('ZRANGE', KEYS[k + 2], '0', '0')[1]
  local known, left = call('MGET', KEYS[k], KEYS[k + 1]), call('PTTL', KEYS[k])
  local holder, last, settling = known[1], known[2] or '0', nil
  if head then
    call('PEXPIRE', KEYS[k + 2], life) -- a first write that is never refused for want of memory
    call('HSET', KEYS[k + 3], inbox, alive_till)
    call('PEXPIRE', KEYS[k + 3], life)
    if left == -2 then -- not where the key holds what is not a string, which MGET does not show
      local minted
      minted, settling = hand_over(k)
      head = call('ZRANGE', KEYS[k + 2], '0', '0')[1]
      holder, left = call('GET', KEYS[k]), call('PTTL', KEYS[k])
      last = minted and exact(minted) or last
    end
  end
  local first = settling or head and inbox_of(head) == inbox
  local states = {}
  for i = from, to do
    local token, state = ARGV[i], '0'
    if holder == token then
      state = '2'
      if left < tonumber(CLAIM) then
        call('PEXPIRE', KEYS[k], CLAIM)
      end
    elseif left ~= -1 and (head == token or head and call('ZRANK', KEYS[k + 2], token)) then
      state = '1'
    end
    states[#states + 1] = state
  end
  local floor = tonumber(last) > now and last or now_text
  return left .. ' ' .. last .. ' ' .. floor .. (first and ' 1 ' or ' 0 ') .. table.concat(states)
end

local replies, from = {}, 6
for i = 1, #KEYS / 4 do
  local to = from + ARGV[from - 1] - 1
  replies[i] = guarded(beat, 4 * i - 3, from, to)
  from = to + 2
end
return with_note(replies)
