/**
 * Windows of a family. The one held in last lies under the family's name; its others lie beside it
 * (`a:<start>:<family>`), listed by their ends (`w:<family>`). Needs `keep`, in ms.
 */
export const WINDOWS: string = `
local FOREVER = 8640000000000000

local function counterKey(family) return base .. 'c:' .. family end
local function besideKey(family, start) return base .. 'a:' .. str(start) .. ':' .. family end
local function listKey(family) return base .. 'w:' .. family end

local function read(key, family)
  local was = call('GET', key)
  if not was then return nil end
  local c, tail = {key = key, family = family}, nil
  c.start, c.ends, c.spent, c.held, c.cap, c.credit, c.frees, c.noticed, c.noticedAt, c.threshold, c.at, c.how, c.facts, tail = unpackBytes(SHAPE, was)
  c.tail = sub(was, tail)
  return c
end

local function textOf(c)
  return pack(SHAPE, c.start, c.ends, c.spent, c.held, c.cap, c.credit, c.frees, c.noticed, c.noticedAt,
    c.threshold, #c.at, c.at, #c.how, c.how, #c.facts, c.facts) .. c.tail
end

local function write(c)
  if c.cap >= 0 then call('SADD', base .. 'capped', c.family) end
  if c.beside then call('SET', c.key, textOf(c), 'KEEPTTL') else call('SET', c.key, textOf(c)) end
end

-- Windows as they stand. Of those asked for: spent, held; of a hold's own: family, window, spent,
-- held. Then what few have: which one, credit, when it changes, window or facts.
local function tell(found, own)
  local states, more = {}, {}
  for i, c in ipairs(found) do
    states[i] = own and format('"%s","%s",%d,%d', c.family, c.at, c.spent, c.held) or format('%d,%d', c.spent, c.held)
    local last = own and c.facts or '"' .. c.at .. '"'
    more[i] = format('[%d,%d,%d%s]', i - 1, c.credit, c.frees, last == '' and '' or ',' .. last)
  end
  return '[' .. table.concat(states, ',') .. '],[' .. table.concat(more, ',') .. ']'
end

-- Reading never writes: the sum of a rolling window is made anew where it no longer stands, or not yet.
local function refresh(c)
  if c.tail == '' or stands(c.frees, c.how, c.tail, 1) then return c end
  local rolling = lengthOf(c.how)
  local stood
  c.spent, c.frees, stood = sumOf(bucketsIn(c.tail), rolling)
  c.tail = pack('<d', stood) .. sub(c.tail, 9)
  return c
end

-- The window in which a hold was taken; nothing where it ended longer ago than anything is kept.
local function locate(family, start)
  local c = read(counterKey(family), family)
  if c and c.start == start then return c end
  c = read(besideKey(family, start), family)
  if c then c.beside = true end
  return c
end

-- Where a window went that a merge has moved: an ended hold still names the old one.
local function followed(family, start)
  for _ = 1, 100 do
    local to = call('GET', base .. 'm:' .. str(start) .. ':' .. family)
    if not to then break end
    start, family = match(to, '^(%-?%d+) (.*)$')
    start = tonumber(start)
  end
  return locate(family, start)
end

-- The window in force, or a new one between the others, not yet written; nothing where now lies
-- outside what is asked for.
local function inForce(family, asked, moment)
  moment = moment or now
  local c = read(counterKey(family), family)
  if c and c.start <= moment and moment < c.ends then return c end
  local lowest, highest = asked.start, asked.ends
  local function heed(one)
    if not one then return nil end
    if one.ends <= moment then lowest = math.max(lowest, one.ends)
    elseif one.start > moment then highest = math.min(highest, one.start)
    else return one end
  end
  heed(c)
  local list = listKey(family)
  for _, start in ipairs(call('EXISTS', list) == 0 and {} or {
    call('ZREVRANGEBYSCORE', list, str(moment), '-inf', 'LIMIT', 0, 1)[1] or '',
    call('ZRANGEBYSCORE', list, '(' .. str(moment), '+inf', 'LIMIT', 0, 1)[1] or '',
  }) do
    if start ~= '' then
      local key = besideKey(family, start)
      local other = heed(read(key, family))
      if other then
        other.from, other.key, other.old = key, counterKey(family), c
        return other
      end
    end
  end
  if moment < asked.start or moment >= asked.ends then return nil end
  return {
    key = counterKey(family), family = family, new = true, old = c, start = lowest, ends = highest,
    at = str(lowest) .. '/' .. str(highest) .. '/' .. asked.zone, how = asked.how, facts = asked.facts, spent = 0, held = 0, cap = -1, credit = 0, frees = 0, noticed = 0, noticedAt = 0, threshold = 0, tail = '',
  }
end

-- When a family that nobody asks for any more is looked at.
local function lookAgain(c)
  if c.ends < FOREVER then return math.max(c.ends, now) + keep end
  return #c.how > 1 and now + lengthOf(c.how) + keep or nil
end

-- Whether the clock has run for as long as things are kept without a leap of more than half of that:
-- until then nothing is believed to be old.
local function isSteady()
  local was = call('HMGET', KEYS[1], 'seen', 'steady')
  local seen, steady = tonumber(was[1]), tonumber(was[2])
  if not seen or math.abs(now - seen) > keep / 2 then steady = now end
  call('HSET', KEYS[1], 'seen', str(now), 'steady', str(steady))
  return now - steady >= keep
end

-- Families that nobody asks for any more go, a few at a time, when new ones come.
local function sweep()
  if not isSteady() then return end
  local list = base .. 'ends'
  for _, family in ipairs(call('ZRANGEBYSCORE', list, '-inf', now, 'LIMIT', 0, 3)) do
    local c = read(counterKey(family), family)
    if not c then call('ZREM', list, family)
    elseif c.held == 0 and (c.ends < FOREVER and c.ends + keep <= now
      or c.ends == FOREVER and c.credit == 0 and (c.frees == 0 or c.frees <= now - keep)) then
      call('DEL', c.key)
      call('ZREM', list, family)
      call('SREM', base .. 'capped', family)
    else call('ZADD', list, lookAgain(c), family) end
  end
end

-- Lays a window beside the one held in last.
local function putBeside(c)
  local life = math.max(c.ends - now, 0) + keep
  if c.ends < FOREVER then call('SET', besideKey(c.family, c.start), textOf(c), 'PX', str(life))
  else call('SET', besideKey(c.family, c.start), textOf(c)) end
  local list = listKey(c.family)
  call('ZADD', list, c.ends, str(c.start))
  -- What has expired meanwhile leaves the list, a few at a time.
  for _, start in ipairs(call('ZRANGE', list, 0, 3)) do
    if call('EXISTS', besideKey(c.family, start)) == 0 then call('ZREM', list, start) end
  end
end

-- Puts a new window, or one that comes again, in the place of the one held in last. 'scope' and
-- 'subject' tell whose families it belongs to.
local function begin(c, whose)
  if c.old then putBeside(c.old) end
  if c.from then
    call('DEL', c.from)
    call('ZREM', listKey(c.family), str(c.start))
  end
  if c.new then
    sweep()
    call('SADD', base .. 'f:' .. whose, c.family)
    local again = lookAgain(c)
    if again then call('ZADD', base .. 'ends', again, c.family) end
  end
  c.new, c.from, c.old = nil, nil, nil
end

-- The same family of another subject: names end with the subject.
local function ofSubject(family, facts, subject, other)
  family = sub(family, 1, #family - #subject) .. other
  local at, till = string.find(facts, '"subject":"' .. subject .. '"', 1, true)
  if at then facts = sub(facts, 1, at - 1) .. '"subject":"' .. other .. '"' .. sub(facts, till + 1) end
  return family, facts
end
`;
