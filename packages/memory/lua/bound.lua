-- Put before the scripts that write, behind write.lua.
-- ARGV  8 how many texts to keep   9 how many bytes of them   10 how many turns: each begins with what a user says; '0' for no bound
-- A write drops the oldest beyond that. The kept texts begin with a turn, if one begins among the next texts; otherwise not with a result of
-- a tool; and before it there is the first text, if that is of the system.

-- Among so many: a turn that is longer is not worth that each of its writes looks at all of it.
local NEXT = 256

local function kind(text)
  local ok, message = pcall(cjson.decode, text)
  if not ok then -- such as half of a surrogate pair
    message = { role = text:match('"role"%s*:%s*"(%a+)"') }
  end
  if type(message) ~= 'table' then
    return 'other'
  end
  local role, of = message.role, tostring(message.type)
  if role == 'system' or role == 'developer' then
    return 'system'
  end
  if role == 'tool' or role == 'function' or of:find('_output$') or of:find('_result$') then
    return 'result'
  end
  for _, part in ipairs(type(message.content) == 'table' and message.content or {}) do
    if type(part) == 'table' and part.type == 'tool_result' then
      return 'result'
    end
  end
  return role == 'user' and 'turn' or 'other'
end

-- Few are looked at whole: the texts may be long.
local function is_turn(text)
  return text:find('"user"', 1, true) and kind(text) == 'turn'
end

local function is_no_result(text)
  return kind(text) ~= 'result'
end

-- The first place from there on, upwards or downwards, whose text is a wanted one.
local function seek(from, to, step, wanted)
  local many = 1
  while (to - from) * step >= 0 do
    many = math.min(4 * many, 256)
    local edge = step > 0 and math.min(from + many - 1, to) or math.max(from - many + 1, to)
    local texts = redis.call('LRANGE', list, math.min(from, edge), math.max(from, edge))
    for i = 1, #texts do
      if wanted(texts[step > 0 and i or #texts + 1 - i]) then
        return from + (i - 1) * step
      end
    end
    from = edge + step
  end
end

local function system()
  local first = redis.call('LINDEX', list, 0)
  local is_like = first and (first:find('"system"', 1, true) or first:find('"developer"', 1, true))
  return is_like and kind(first) == 'system' and first or nil
end

-- For texts in ARGV from there on that do not fit beside the text of the system.
local function full(from)
  local first = ARGV[9] ~= '0' and system()
  local left = first and tonumber(ARGV[9]) - #first or math.huge
  for i = from, #ARGV do
    left = left - #ARGV[i]
  end
  return left < 0 and { 'full', #first } or nil
end

-- Where the kept texts begin, by the bounds alone.
local function start_at(head, size)
  local items, bytes, turns = tonumber(ARGV[8]), tonumber(ARGV[9]), tonumber(ARGV[10])
  local start = head and 1 or 0
  local least = start
  if items > 0 then
    start = math.max(start, size - math.max(items - least, 1))
  end
  if bytes > 0 then
    bytes = bytes - (head and #head or 0)
    local over = seek(size - 1, least, -1, function(text)
      bytes = bytes - #text
      return bytes < 0
    end)
    start = math.max(start, over and over + 1 or 0)
  end
  if turns > 0 then
    local first = seek(size - 1, least, -1, function(text)
      turns = turns - (is_turn(text) and 1 or 0)
      return turns == 0
    end)
    start = math.max(start, first or 0)
  end
  return start, least
end

local function bound()
  if ARGV[8] == '0' and ARGV[9] == '0' and ARGV[10] == '0' then
    return
  end
  local head, size = system(), redis.call('LLEN', list)
  local start, least = start_at(head, size)
  if start == least then
    return
  end
  local last = math.min(start + NEXT, size) - 1
  start = seek(start, last, 1, is_turn)
    or seek(start, last, 1, is_no_result)
    or start < size and seek(start - 1, least, -1, is_no_result)
    or start
  redis.call('LTRIM', list, start, -1)
  if head then
    redis.call('LPUSH', list, head)
  end
end
