-- A process shows that its waiters of one lock are alive, and is told how each stands. Enqueues nobody.
-- KEYS   six, see hand-over.lua
-- ARGV   1 claim (ms)  2 freshness window (ms)  3 inbox of the process, then its tokens
-- Reply  {ms left of the lease or -2, last fence or 0, floor of later fences, 1 if the head of the queue is one of its own,
--        then per token: 2 granted, its claim counted from now | 1 queued | 0 missing, or not to be waited for: no lease}
call('ZREM', KEYS[3], '') -- a first write that is never refused for want of memory
local time = micros()
if call('PEXPIRE', KEYS[3], 2 * ARGV[2]) == 1 then
  call('HSET', KEYS[4], ARGV[3], exact(time / 1000 + ARGV[2]))
  call('PEXPIRE', KEYS[4], 2 * ARGV[2])
  if call('EXISTS', KEYS[1]) == 0 then
    hand_over(1)
  end
end
local holder = redis.pcall('GET', KEYS[1])
local left = call('PTTL', KEYS[1])
local last = tonumber(call('MGET', KEYS[2])[1]) or 0
local head = call('ZRANGE', KEYS[3], 0, 0)[1]
local reply = { left, last, math.max(last, time), head and inbox_of(head) == ARGV[3] and 1 or 0 }
for i = 4, #ARGV do
  local state = 0
  if holder == ARGV[i] then
    state = 2
    if left < tonumber(ARGV[1]) then
      call('PEXPIRE', KEYS[1], ARGV[1])
    end
  elseif left ~= -1 and call('ZSCORE', KEYS[3], ARGV[i]) then
    state = 1
  end
  reply[i + 1] = state
end
return reply
