-- Put before the scripts that write, behind fenced-list.lua.
-- ARGV  5 id of the write: a copy of it that is sent again has the same   6 its name, '' for none   7 digest of what it is

-- At least so many of the last ids are known: of lower fences, of the highest one, without fences; and so many of the last names.
local LOWER, HIGHEST, UNFENCED, NAMES = 100, 10000, 1000, 1000

local function known(kind, name)
  local found = redis.call('HMGET', writes, kind .. 'a:' .. name, kind .. 'b:' .. name)
  return found[1] or found[2]
end

local function done()
  if known('i', ARGV[5]) then
    return { 'done' }
  end
  local digest = ARGV[6] ~= '' and goes_on and known('n', ARGV[6])
  return digest and { digest == ARGV[7] and 'before' or 'differs' } or nil
end

-- What keeps a write from being done.
local function no()
  return look() or done() or refused()
end

-- The half in which the next one of `ids` or `names` is noted, and whether it is another one, as there were so many.
local function next_half(halves, most)
  local half, count = meta[halves]:match('^(%a)(%d+)$')
  half, count = half or 'a', tonumber(count) or 0
  local full = count >= most
  if full then
    half, count = half == 'a' and 'b' or 'a', 0
  end
  set(halves, half .. string.format('%d', count + 1))
  return half, full
end

-- Those below the highest fence may be forgotten: they are refused.
local function drop_older()
  if meta.older ~= '' then
    set('dropped', meta.older)
    set('older', '')
  end
end

-- Before it is done, so that a full server refuses it as a whole. `popped` is what a pop has taken away.
local function remember(popped)
  local before, gone = meta.fence, {}
  local rose = rise()
  local half, full = next_half('ids', not fence and UNFENCED or rose and LOWER or HIGHEST)
  local entries = { 'i' .. half .. ':' .. ARGV[5], '' }
  if full then
    drop_older()
    set('older', before ~= '' and before or '0')
    gone[#gone + 1] = '^i' .. half .. ':'
  end
  if meta.pops == '1' and (rose or full) then
    set('pops', '')
    gone[#gone + 1] = '^p:'
  end
  if meta.names ~= '' and not goes_on then
    set('names', '')
    gone[#gone + 1] = '^n[ab]:'
  end
  if ARGV[6] ~= '' then
    local names, many = next_half('names', NAMES)
    entries[3], entries[4] = 'n' .. names .. ':' .. ARGV[6], ARGV[7]
    if many then
      gone[#gone + 1] = '^n' .. names .. ':'
    end
  end
  if popped then
    set('pops', '1')
    entries[3], entries[4] = 'p:' .. ARGV[5], popped
  end
  save()
  for _, pattern in ipairs(gone) do
    forget(pattern)
  end
  redis.call('HSET', writes, unpack(entries))
end

-- The texts in ARGV from there on: not all at once, since Lua has room for some 8,000.
local function push(from)
  for i = from, #ARGV, 1000 do
    redis.call('RPUSH', list, unpack(ARGV, i, math.min(i + 999, #ARGV)))
  end
end

-- At the end: how long what there is now lives.
local function settle()
  if ARGV[4] == '0' then
    redis.call('PERSIST', list)
  else
    redis.call('PEXPIRE', list, ARGV[4])
  end
  local empty = redis.call('EXISTS', list) == 1 and '' or '1'
  if empty ~= meta.empty then
    redis.call('HSET', writes, 'empty', empty)
  end
  outlive()
end
