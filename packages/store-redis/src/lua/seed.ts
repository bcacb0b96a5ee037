/**
 * Seeding: what a family's first window has to hold of a subject that was spending before. Lines are
 * summed a page a call, and what has been summed waits under a name of its own: whoever reserves next
 * goes on from there, and only who comes to the last line may begin the window, in the same script.
 * `ARGV[7]` is the length of a page.
 */
export const SEED: string = `
local function kindAndName(text) return sub(text, 1, 1), sub(text, 2) end

local function textOfLine(n)
  n = tonumber(n) - 1
  return call('LINDEX', base .. 'lines:' .. math.floor(n / 1000), math.fmod(n, 1000))
end

local function counts(h, scope, subject)
  if scope == 'app' then return true end
  if scope == 'user' then return userOf(h.user) == subject end
  if scope == 'run' then return h.run == subject end
  return string.find(h.who, '\\n' .. scope .. '\\1' .. subject .. '\\n', 1, true) ~= nil
end

local function addPart(h, c, amount, cap)
  local e = #h.entries
  for i = 1, e, 4 do
    if h.entries[i + 3] == c.family and h.entries[i] == c.start then return end
  end
  h.entries[e + 1], h.entries[e + 2], h.entries[e + 3], h.entries[e + 4] = c.start, amount, cap, c.family
  writeHold(h)
end

local function addLine(sums, c, text, whose)
  local kind, name = kindAndName(text)
  local difference
  if kind == 'a' then
    local _, _, _, _, hold, nano = cmsgpack.unpack(call('GET', base .. 'act:' .. name))
    if hold == '' then return end
    name, difference = hold, nano
  end
  local h = readHold(name)
  local at, unit = h.at, sub(whose.how, 1, 1)
  if at < c.start or at >= c.ends or (#whose.how > 1 and at <= now - lengthOf(whose.how)) then return end
  if not (whose.indexed or counts(h, whose.scope, whose.subject)) then return end
  local takes
  -- What corrects or adjusts it later lands here, too.
  if kind == 'c' and unit ~= 'r' then addPart(h, c, 0, whose.cap) end
  if unit == 'r' then
    if kind ~= 'c' or call('SADD', whose.runs, h.run) == 0 then return end
    takes = 1
  elseif unit == 'u' then takes = difference or kind == 'k' and h.better[4] or h.nano
  else takes = difference and 0 or kind == 'k' and h.better[5] or h.tokens end
  if #whose.how == 1 then
    sums.spent = plus(sums.spent, takes)
    return
  end
  local _, width = lengthOf(whose.how)
  local index = str(math.floor(at / width))
  local bucket = sums.buckets[index]
  if bucket then
    bucket[1] = plus(bucket[1], takes)
    if takes > 0 then bucket[2] = math.max(bucket[2], at) end
  elseif takes > 0 then sums.buckets[index] = {takes, at} end
end

-- Sums lines until the page is full; says whether it came to the last one.
local function sumPage(sums, c, whose, left)
  if not whose.indexed then
    local from = sums.at['']  or 0
    while from < lines and left > 0 do
      local first = math.fmod(from, 1000)
      local page = call('LRANGE', base .. 'lines:' .. math.floor(from / 1000), first, first + left - 1)
      for _, text in ipairs(page) do addLine(sums, c, text, whose) end
      from, left = from + #page, left - #page
    end
    sums.at[''] = from
    return from >= lines
  end
  for _, index in ipairs(whose.indexed) do
    local from = sums.at[index] or 0
    local page = left > 0 and call('LRANGE', index, from, from + left - 1) or {}
    for _, n in ipairs(page) do addLine(sums, c, textOfLine(n), whose) end
    from, left = from + #page, left - #page
    sums.at[index] = from
    if from < call('LLEN', index) then return false end
  end
  return true
end

-- What open holds take part in a window that begins; written by 'seeded' once it does.
local function holdParts(c, whose)
  local parts, runs, unit = {}, {}, sub(whose.how, 1, 1)
  for _, id in ipairs(call('ZRANGE', base .. 'holds', 0, -1)) do
    local h = readHold(id)
    if counts(h, whose.scope, whose.subject) then
      local takes = h.ceiling
      if unit == 't' then takes = tonumber(match(h.facts, '"promptTokens":(%d+)')) + h.granted
      elseif unit == 'r' then
        takes = (runs[h.run] or call('SISMEMBER', whose.runs, h.run) == 1) and 0 or 1
        runs[h.run] = true
      end
      c.held = c.held + takes
      parts[#parts + 1] = {h, takes}
    end
  end
  return parts
end

-- Fills the windows that are first of their family for a subject with a history. Nothing where more pages are to come.
local function seedAll(found, r)
  local at, left = 10, tonumber(A[7])
  for i, c in ipairs(found) do
    local scope, subject = string.match(c.whose, '^(.-)\\n(.*)$')
    local families = base .. 'f:' .. c.whose
    if c.new and not c.old and scope ~= 'route' and call('EXISTS', families) == 1 and call('SISMEMBER', families, c.family) == 0 then
      local whose = {scope = scope, subject = subject, how = r[at + 1], cap = r[at + 3], runs = base .. 'seed:runs:' .. c.family}
      if scope == 'run' then whose.indexed = {base .. 'lines:run:' .. subject}
      elseif scope == 'user' then
        whose.indexed = {base .. 'lines:user:' .. subject}
        for _, alias in ipairs(call('SMEMBERS', base .. 'al:' .. subject)) do
          whose.indexed[#whose.indexed + 1] = base .. 'lines:user:' .. alias
        end
      end
      local key, era = base .. 'seed:' .. c.family, call('HGET', KEYS[1], 'forgets') or '0'
      local kept = call('GET', key)
      local sums = kept and cmsgpack.unpack(kept)
      if not sums or sums.start ~= c.start or sums.era ~= era then
        sums = {start = c.start, era = era, spent = 0, buckets = {}, at = {}}
        call('DEL', whose.runs)
      end
      local whole = sumPage(sums, c, whose, left)
      if sub(whose.how, 1, 1) == 'r' then call('PEXPIRE', whose.runs, 600000) end
      if not whole then
        call('SET', key, cmsgpack.pack(sums), 'PX', 600000)
        return false
      end
      c.spent = sums.spent
      if #whose.how > 1 then
        local list, rolling, width = {}, lengthOf(whose.how)
        for index, bucket in pairs(sums.buckets) do
          if bucket[2] > now - width * 64 then
            list[#list + 1], list[#list + 2], list[#list + 3] = tonumber(index), bucket[1], bucket[2]
          end
        end
        c.tail, c.spent, c.frees = summedUp(list, rolling)
      end
      c.seeded = {parts = holdParts(c, whose), key = key, runs = whose.runs, cap = r[at + 3]}
    end
    at = at + 9
  end
  return true
end

local function seeded(c)
  local seed = c.seeded
  for _, part in ipairs(seed.parts) do
    addPart(readHold(part[1].id), c, part[2], seed.cap)
  end
  call('DEL', seed.key, seed.runs)
  c.seeded = nil
end
`;
