/**
 * What every script begins with. `KEYS[1]` is the data set's own key; `ARGV[1..4]` are the data
 * set that the caller knows, how many writes it has seen acknowledged, its clock if it brings one,
 * and the prefix of all keys.
 *
 * A data set that is not the one known, or that has fewer writes than were acknowledged, has lost
 * something: no counter of it is read.
 */
export const PRELUDE: string = `
local A, call, format = ARGV, redis.call, string.format
local meta = call('HMGET', KEYS[1], 'state', 'seq', 'until')
if meta[1] ~= A[1] then return {'state'} end
if tonumber(meta[2]) < tonumber(A[2]) then return {'behind'} end
local now = tonumber(A[3])
if not now then
  local time = call('TIME')
  now = time[1] * 1000 + math.floor(time[2] / 1000)
end
local base, seq = A[4], meta[2]
-- Whole numbers as texts: Lua's own way turns large ones into 1e+15.
local function str(x) return format('%.0f', x) end
local function wrote() seq = str(call('HINCRBY', KEYS[1], 'seq', 1)) end
`;

/**
 * Reading counters. A counter is a hash, one a family: `at` is its window (`start/end/zone`), then
 * `spent`, `held`, and of a rolling window `frees` and its buckets. It is the window that was held in
 * last; a family's others lie archived beside it, listed by their ends. A hold's entries are four each: family, window, amount, and how it counts: the unit's
 * first letter, and of a rolling window its length and the width of its buckets.
 */
export const COUNTERS: string = `
local FOREVER = 8640000000000000
local EXACT = 9007199254740991

local function read(key)
  local c = call('HMGET', key, 'at', 'spent', 'held', 'frees', 'facts')
  return c[1] and c or nil
end

local function startOf(at) return tonumber(string.match(at, '^%-?%d+')) end
local function endOf(at) return tonumber(string.match(at, '/(%-?%d+)')) end

local function lengthOf(how)
  if #how == 1 then return 0, 0 end
  local rolling, bucket = string.match(how, '(%d+)/(%d+)')
  return tonumber(rolling), tonumber(bucket)
end

-- Each bucket of a rolling window: its field, what was spent in it, when last.
local function buckets(key)
  local all, found = call('HGETALL', key), {}
  for i = 1, #all, 2 do
    if string.sub(all[i], 1, 2) == 'b:' then
      local spent, youngest = string.match(all[i + 1], '^(%-?%d+)@(%-?%d+)$')
      found[#found + 1] = {all[i], tonumber(spent), tonumber(youngest)}
    end
  end
  return found
end

local function sum(list, after)
  local spent, oldest = 0, nil
  for _, b in ipairs(list) do
    if b[3] > after then
      spent = spent + b[2]
      if b[2] > 0 and (not oldest or b[3] < oldest) then oldest = b[3] end
    end
  end
  return spent, oldest
end

-- The sum that is kept stands until the oldest charge in it leaves. Reading never writes.
local function refresh(key, c, rolling)
  local frees = tonumber(c[4] or '')
  if not frees or now < frees then return end
  local spent, oldest = sum(buckets(key), now - rolling)
  c[2], c[4] = str(spent), oldest and str(oldest + rolling) or ''
end

local function familyOf(key) return string.sub(key, #base + 3) end
local function archived(family, at) return base .. 'a:' .. at .. ':' .. family end
local function listOf(family) return base .. 'w:' .. family end

-- The window in which a hold was taken: the one held in last, or another.
local function locate(family, at)
  local key = base .. 'c:' .. family
  local c = read(key)
  if c and c[1] == at then return key, c end
  key = archived(family, at)
  return key, read(key)
end

-- The window in force, c being the one held in last, or a new one between the others; nothing where
-- now lies outside what is asked for. An archived one tells its key in 'from'.
local function inForce(key, c, asked)
  local family = familyOf(key)
  local from, till = startOf(asked), endOf(asked)
  local before = call('ZREVRANGEBYSCORE', listOf(family), str(now), '-inf', 'LIMIT', 0, 1)[1]
  local after = call('ZRANGEBYSCORE', listOf(family), '(' .. str(now), '+inf', 'LIMIT', 0, 1)[1]
  local old = c and c[1]
  local lowest, highest = from, till
  for _, at in ipairs({old or '', before or '', after or ''}) do
    if at ~= '' then
      local starts, ends = startOf(at), endOf(at)
      if ends <= now then lowest = math.max(lowest, ends)
      elseif starts > now then highest = math.min(highest, starts)
      elseif at == old then return c
      else
        local found = read(archived(family, at))
        if found then
          found.from, found.old = archived(family, at), old
          return found
        end
      end
    end
  end
  if now < from or now >= till then return nil end
  if lowest > from or highest < till then
    asked = str(lowest) .. '/' .. str(highest) .. string.match(asked, '^[^/]*/[^/]*(/.*)')
  end
  return {asked, '0', '0', '', new = true, old = old}
end

-- Puts a window in the place of the one held in last, which is archived.
local function swap(key, c)
  local family = familyOf(key)
  local others = listOf(family)
  if c.old then
    local to = archived(family, c.old)
    call('RENAME', key, to)
    call('ZADD', others, str(endOf(c.old)), c.old)
    local life = math.max(call('PTTL', to), call('PTTL', others))
    if life > 0 then call('PEXPIRE', others, str(life)) end
    -- What has expired meanwhile leaves the list, a few at a time.
    for _, at in ipairs(call('ZRANGE', others, 0, 3)) do
      if call('EXISTS', archived(family, at)) == 0 then call('ZREM', others, at) end
    end
  end
  if c.from then
    call('RENAME', c.from, key)
    call('ZREM', others, c[1])
  end
end

-- A window as it stands, six texts.
local function add(reply, family, c)
  local n = #reply
  reply[n + 1], reply[n + 2], reply[n + 3] = family, c[5], c[1]
  reply[n + 4], reply[n + 5], reply[n + 6] = c[2], c[3], c[4] or ''
end

-- The windows of a hold's entries as they stand.
local function standing(entries, reply)
  for i = 1, #entries, 4 do
    local key, c = locate(entries[i], entries[i + 1])
    if c then
      refresh(key, c, (lengthOf(entries[i + 3])))
      add(reply, entries[i], c)
    end
  end
  return reply
end
`;

/** Ending holds: what was spent goes in the place of what was held. Needs `keep`, in ms. */
export const PAYING: string = `
local function payRolling(key, c, how, spent, at)
  local rolling, bucket = lengthOf(how)
  local index = 'b:' .. str(math.floor(at / bucket))
  local found, kept = false, {}
  for _, b in ipairs(buckets(key)) do
    if b[1] == index then
      found = true
      b[2], b[3] = b[2] + spent, math.max(b[3], at)
      if spent ~= 0 then call('HSET', key, index, str(b[2]) .. '@' .. str(b[3])) end
    end
    if b[3] <= now - bucket * 64 then call('HDEL', key, b[1]) else kept[#kept + 1] = b end
  end
  -- What lowers a bucket that has left lowers nothing that still counts.
  if not found and spent > 0 then
    kept[#kept + 1] = {index, spent, at}
    call('HSET', key, index, str(spent) .. '@' .. str(at))
  end
  local total, oldest = sum(kept, now - rolling)
  c[2], c[4] = str(total), oldest and str(oldest + rolling) or ''
  call('HSET', key, 'spent', c[2], 'held', c[3], 'frees', c[4])
  -- An open hold keeps its counter for ever; without one it may go when nothing in it counts.
  if c[3] == '0' then call('PEXPIRE', key, str(rolling + keep)) end
end

local function pay(key, c, how, spent, held, at)
  local nowSpent, nowHeld = c[2] + spent, c[3] + held
  if #how > 1 then
    c[3] = str(nowHeld)
    payRolling(key, c, how, spent, at)
  elseif nowSpent <= EXACT then
    c[2], c[3] = str(nowSpent), str(nowHeld)
    call('HSET', key, 'spent', c[2], 'held', c[3])
  else
    call('HINCRBY', key, 'spent', str(spent))
    call('HINCRBY', key, 'held', str(held))
    local after = call('HMGET', key, 'spent', 'held')
    c[2], c[3] = after[1], after[2]
  end
end

-- Pays in every window of a hold; adds the windows as they then stand to the reply.
local function payAll(entries, held, paid, at, reply)
  for i = 1, #entries, 4 do
    local key, c = locate(entries[i], entries[i + 1])
    -- A window that is gone ended longer ago than anything is kept: there is nothing to pay in.
    if c then
      local amount, how = entries[i + 2], entries[i + 3]
      pay(key, c, how, paid[string.sub(how, 1, 1)] or amount * paid.runs, held * amount, at)
      add(reply, entries[i], c)
    end
  end
  return reply
end
`;
