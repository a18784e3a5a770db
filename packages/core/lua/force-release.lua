-- Frees a lock, no matter who holds it, notifies the holder's process, and hands the lock over. The holder's token is dead for what was
-- left of its lease, and its extension and its release learn the reason for so long. With a fence it frees the hold with this fence only: a hold of another library has none.
-- KEYS   the three of lib/keys.lua
-- ARGV   1 the fence, or ''  2 the reason, or ''
-- Reply  1 freed | 0 was free, or held with another fence | 'foreign …' as in lib/acquire.lua
-- @include lib/keys.lua
-- @include lib/clock.lua
-- @include lib/holder.lua
-- @include lib/foreign-lock.lua
-- @include lib/foreign-fence.lua
-- @include lib/inbox.lua
-- @include lib/queue.lua
-- @include lib/refuse.lua
-- @include lib/keep-reason.lua
-- @include lib/hand-over.lua

-- Publishes that the holder was forced out. Lockers have inboxes of 16 characters; the tokens of others have none.
local function notify(holder)
  local inbox = inbox_of(holder)
  if #inbox == 16 and #inbox < #holder then
    redis.pcall('PUBLISH', 'distlock:' .. inbox, holder .. ' 0 0 ' .. ARGV[2])
  end
end

micros()
local holder = holder_of(1)
if not holder then
  return 0
end
local left = call('PTTL', KEYS[1])
if is_not_a_lock(holder, left) then
  return 'foreign'
end
local known = call('MGET', KEYS[1 + FENCE], KEYS[1 + QUEUE])
if is_foreign_fence(1, known[1]) then
  return 'foreign fence'
end
if queue_kind(1, known[2]) == 'foreign' then
  return 'foreign queue'
end
if ARGV[1] ~= '' and (known[1] ~= ARGV[1] or not is_token(holder)) then
  return 0
end

call('DEL', KEYS[1])
refuse(1, holder, known[2], math.max(left, 1))
if ARGV[2] ~= '' then
  keep_reason(1, holder, ARGV[2])
end
notify(holder)
hand_over(1, known[1])
return 1
