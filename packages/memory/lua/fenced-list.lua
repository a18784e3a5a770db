-- Put before the scripts.
-- KEYS  1 list of JSON texts, oldest first   2 hash, the record of its writes:
--   fence      the highest that has read or written
--   ids        which half of the ids is the newer one, and how many it has, such as a12   ia:… ib:…  ids of writes
--   older      the highest fence whose ids may be in the older half   dropped   the same of ids that are forgotten
--   names      as `ids`   na:… nb:…   names of writes, each with a digest of what it names
--   pops       1 if there is p:…, by the id of a pop the text that it took away, while no higher fence has come
--   empty      1 if the list is not there for having no text: else it has expired, was cleared, or never was
-- ARGV  1 the caller's fence, '' for none   2 '1' if a call with that fence was answered before
--   3 for how long the hash outlives the list (ms)   4 the list's ttl (ms), '0' for none
-- A script is refused for want of memory at its first write only.

local list, writes = KEYS[1], KEYS[2]
local fence = tonumber(ARGV[1])
local fields = { 'fence', 'ids', 'older', 'dropped', 'names', 'pops', 'empty' }
local meta, changed, goes_on = {}, {}, false

-- The fields that the next `save` writes.
local function set(field, value)
  if meta[field] ~= value then
    meta[field] = value
    changed[#changed + 1] = field
    changed[#changed + 1] = value
  end
end

local function save()
  if #changed > 0 then
    redis.call('HSET', writes, unpack(changed))
    changed = {}
  end
end

-- First of all. A new hash gets all of its fields at once: in front of all others, they are found soon.
local function look()
  for i, wanted in ipairs({ 'list', 'hash' }) do
    local kind = redis.call('TYPE', KEYS[i]).ok
    if kind ~= 'none' and kind ~= wanted then
      return { 'foreign', i, kind }
    end
    goes_on = goes_on or i == 1 and kind == 'list'
  end
  for i, value in ipairs(redis.call('HMGET', writes, unpack(fields))) do
    meta[fields[i]] = value
    if not value then
      set(fields[i], '')
    end
  end
  goes_on = goes_on or meta.empty == '1'
end

-- A caller with a lower fence than an earlier caller is late.
local function late()
  return fence and meta.fence ~= '' and tonumber(meta.fence) > fence and { 'stale', meta.fence } or nil
end

-- What keeps a write from being done that is not known to have been done. It may have been before its id was forgotten.
-- Where a call with its fence was answered before and that fence is not there, the hash was lost, or an older state of it is back.
local function refused()
  if not fence then
    return meta.fence ~= '' and { 'unfenced', meta.fence } or nil
  end
  local why = late()
  if why and fence <= (tonumber(meta.dropped) or 0) then
    return { 'forgotten', meta.fence }
  end
  return why or ARGV[2] == '1' and fence > (tonumber(meta.fence) or 0) and { 'lost' } or nil
end

local function forget(pattern)
  local found = {}
  for _, field in ipairs(redis.call('HKEYS', writes)) do
    if field:find(pattern) then
      found[#found + 1] = field
    end
  end
  for i = 1, #found, 1000 do
    redis.call('HDEL', writes, unpack(found, i, math.min(i + 999, #found)))
  end
end

-- Whether the fence is above all before it. It is not written yet.
local function rise()
  if not fence or fence <= (tonumber(meta.fence) or 0) then
    return false
  end
  set('fence', ARGV[1])
  return true
end

-- For a script that writes no text.
local function stamp()
  if rise() then
    local pops = meta.pops
    set('pops', '')
    save()
    if pops == '1' then
      forget('^p:')
    end
  end
end

-- The hash lives as long as the list, and longer, so that the fence never goes first.
local function outlive()
  local left = redis.call('PTTL', list)
  if left == -1 then
    redis.call('PERSIST', writes)
  else
    redis.call('PEXPIRE', writes, math.max(left, 0) + tonumber(ARGV[3]))
  end
end
