import { ACT_PARTS } from "./acts.ts";

/** Moving whole windows: pouring one into another one, and leaving word of where it went. */
export const MOVING: string = `
local function familiesOf(user) return call('SMEMBERS', base .. 'f:user\\n' .. user) end

-- All windows of a family, in order.
local function windowsOf(family)
  local found = {}
  local c = read(counterKey(family), family)
  if c then found[1] = c end
  for _, start in ipairs(call('ZRANGE', listKey(family), 0, -1)) do
    local other = read(besideKey(family, start), family)
    if other then
      other.beside = true
      found[#found + 1] = other
    end
  end
  table.sort(found, function(a, b) return a.start < b.start end)
  return found
end

-- Takes a window away; of a hold that ended in it is known where it went.
local function leave(c, target)
  call('DEL', c.key)
  if c.beside then call('ZREM', listKey(c.family), str(c.start))
  else call('ZREM', base .. 'ends', c.family) end
  local to, from = str(target.start) .. ' ' .. target.family, base .. 'm:' .. str(c.start) .. ':' .. c.family
  if c.ends < FOREVER then call('SET', from, to, 'PX', str(math.max(c.ends - now, 0) + keep)) else call('SET', from, to) end
end

local function forgetFamily(family, user)
  if call('EXISTS', counterKey(family)) == 1 or call('ZCARD', listKey(family)) > 0 then return end
  call('SREM', base .. 'f:user\\n' .. user, family)
  call('SREM', base .. 'capped', family)
end

local function pour(c, target)
  target.held, target.credit = target.held + c.held, target.credit + c.credit
  if #c.how == 1 then
    target.spent = plus(target.spent, c.spent)
    return
  end
  local into, at = bucketsIn(target.tail), {}
  for i = 1, #into, 3 do at[into[i]] = i end
  local from = bucketsIn(c.tail)
  for i = 1, #from, 3 do
    local own = at[from[i]]
    if own then
      into[own + 1], into[own + 2] = plus(into[own + 1], from[i + 1]), math.max(into[own + 2], from[i + 2])
    else
      local n = #into
      into[n + 1], into[n + 2], into[n + 3] = from[i], from[i + 1], from[i + 2]
    end
  end
  local rolling = lengthOf(c.how)
  target.tail, target.spent, target.frees = summedUp(into, rolling)
end
`;

/** `ARGV[10..]`: the user, and whom it becomes. */
export const MERGE: string = `${ACT_PARTS}${MOVING}
if call('EXISTS', actKey(id)) == 1 then return answer(tellAct('already', id)) end
local subject, into = A[10], userOf(A[11])
if into == subject or userOf(subject) ~= subject then return answer('["refused","alias"]') end

local function askedAs(c, other)
  local family, facts = ofSubject(c.family, c.facts, c.family_of, other)
  return family, {start = c.start, ends = c.ends, zone = match(c.at, '^[^/]*/[^/]*/(.*)$'), how = c.how, facts = facts}
end

-- What one of them has in force and the other one has not, as a reserve would begin it.
local begun = {}
for _, pair in ipairs({{subject, into}, {into, subject}}) do
  local has, lacks = pair[1], pair[2]
  for _, family in ipairs(familiesOf(has)) do
    for _, c in ipairs(windowsOf(family)) do
      if c.start <= now and now < c.ends then
        c.family_of = has
        local name, asked = askedAs(c, lacks)
        local other = inForce(name, asked)
        if other and other.new then
          other.whose = 'user\\n' .. lacks
          begun[#begun + 1] = other
        end
      end
    end
  end
end
for _, c in ipairs(begun) do
  if not seedAll({c}, {[11] = c.how, [13] = -1}) then return '["more"]' end
end
wrote()
for _, c in ipairs(begun) do
  begin(c, c.whose)
  if c.seeded then seeded(c) end
  write(c)
end

local moved, tells = {}, {}
for _, family in ipairs(familiesOf(subject)) do
  for _, c in ipairs(windowsOf(family)) do
    if c.ends > now then
      refresh(c)
      c.family_of = subject
      local name, asked = askedAs(c, into)
      local target = inForce(name, asked, math.max(now, c.start))
      if target.start > now then
        if target.new then
          call('SADD', base .. 'f:user\\n' .. into, target.family)
          target.key, target.beside = besideKey(target.family, target.start), true
          putBeside(target)
        elseif target.from then target.key, target.beside = target.from, true end
      elseif target.new or target.from then begin(target, 'user\\n' .. into) end
      tells[#tells + 1] = format('{"family":"%s","start":%d,"spent":%d,"held":%d,"credit":%d}',
        target.family, target.start, c.spent, c.held, c.credit)
      refresh(target)
      pour(c, target)
      write(target)
      leave(c, target)
      moved[str(c.start) .. ' ' .. c.family] = target
    end
  end
  forgetFamily(family, subject)
end

for _, name in ipairs(call('ZRANGE', base .. 'holds', 0, -1)) do
  local h = readHold(name)
  local entries, at, changed = {}, {}, h.user == subject
  if changed then h.user = into end
  for i = 1, #h.entries, 4 do
    local start, amount, cap, family = h.entries[i], h.entries[i + 1], h.entries[i + 2], h.entries[i + 3]
    local target = moved[str(start) .. ' ' .. family]
    if target then start, family, changed = target.start, target.family, true end
    local own = at[str(start) .. ' ' .. family]
    if own then
      entries[own + 1], entries[own + 2] = entries[own + 1] + amount, math.max(entries[own + 2], cap)
    else
      local n = #entries
      at[str(start) .. ' ' .. family] = n + 1
      entries[n + 1], entries[n + 2], entries[n + 3], entries[n + 4] = start, amount, cap, family
    end
  end
  h.entries = entries
  if changed then writeHold(h) end
end

local line = writeAct(id, act, '{"moved":[' .. table.concat(tells, ',') .. ']}', into)
for _, name in ipairs(namesOf(subject)) do
  say('user', name, line, '', '', into)
  call('SADD', base .. 'al:' .. into, name)
end
call('DEL', base .. 'al:' .. subject)
return answer(tellAct('done', id))
`;
