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
local meta = call('HMGET', KEYS[1], 'state', 'seq', 'until', 'lines', 'settings')
if meta[1] ~= A[1] then return '["state"]' end
local seq = tonumber(meta[2])
if seq < tonumber(A[2]) then return '["behind"]' end
local now = tonumber(A[3])
if not now then
  local time = call('TIME')
  now = time[1] * 1000 + math.floor(time[2] / 1000)
end
local base = A[4]
-- Whole numbers as texts: Lua's own way turns large ones into 1e+15.
local function str(x) return format('%d', x) end
local function wrote() seq = call('HINCRBY', KEYS[1], 'seq', 1) end
`;

/**
 * A counter is a string of numbers, one a family: start and end of its window, spent, held, cap
 * (-1 for none), credit, when its sum changes by itself (0 for never), limit, time and threshold of
 * its last notice; then `start/end/zone`, how it counts, and its facts where its family does not
 * tell them. Of a rolling window its buckets follow. Numbers stand at fixed places, so that a call
 * overwrites only what it changes.
 *
 * How it counts: the unit's first letter, and of a rolling window its length and the width of its buckets.
 *
 * Sums are doubles: exact up to 2^53, and rounded up beyond.
 */
export const COUNTER: string = `
local EXACT = 9007199254740991
local SHAPE = '<dddddddddHBc0Bc0Hc0'
local pack, unpackBytes, sub, match = struct.pack, struct.unpack, string.sub, string.match

-- Whether the sum that is kept of a rolling window is that of now.
local function stands(frees, how, counter, tail)
  return #how == 1 or (frees == 0 or now < frees) and (tail > #counter or now >= unpackBytes('<d', counter, tail))
end

local function plus(a, b)
  local sum = a + b
  if sum <= EXACT then return sum end
  local big, small = math.max(a, b), math.min(a, b)
  if small - (sum - big) > 0 then return sum + 2 end
  return sum
end
`;

/**
 * A hold is a string, too: of an open one what was granted, its ceiling, when it was made, the
 * provider's id, what the caller knows (user, run, whom else it counts for, thresholds, the rest as
 * JSON: five texts between tabs), and its entries: window's start, amount, cap, family. Before a
 * settled one stand its line, when, nano-dollars, tokens, whether they were assumed, the charge, and
 * what became of it later. One that was released is `r`.
 */
export const HOLD: string = `
local OPEN, ENTRY, SETTLED = '<c1dddHc0I4c0B', 'dddHc0', '<c1ddddBI4c0I4c0'
local KEPT = '^([^\\t]*)\\t([^\\t]*)\\t([^\\t]*)\\t([^\\t]*)\\t()'
`;

/**
 * Rolling windows. Their buckets are a flat list: index, spent, youngest charge. The sum that is
 * kept stands until the oldest charge in it leaves, and from when the last one left that is not in
 * it, which stands before the buckets: a clock that goes back finds what has left again. `how` is
 * the unit's first letter, the period and the width of a bucket.
 *
 * Of what has left the oldest is dropped beyond 128 buckets, those of two periods: only time that
 * has really passed fills so many.
 */
export const ROLLING: string = `
local KEPT_BUCKETS = 3 * 128

local function lengthOf(how)
  if #how == 1 then return 0, 0 end
  local rolling, bucket = string.match(how, '(%d+)/(%d+)')
  return tonumber(rolling), tonumber(bucket)
end

local function bucketsIn(tail) return tail == '' and {} or cmsgpack.unpack(sub(tail, 9)) end

-- Answers the sum that counts now, when it changes, and from when it has stood.
local function sumOf(buckets, rolling)
  local after = now - rolling
  local spent, oldest, left = 0, nil, nil
  for i = 1, #buckets, 3 do
    local youngest = buckets[i + 2]
    if youngest > after then
      spent = plus(spent, buckets[i + 1])
      if buckets[i + 1] > 0 and (not oldest or youngest < oldest) then oldest = youngest end
    elseif not left or youngest > left then left = youngest end
  end
  return spent, oldest and oldest + rolling or 0, left and left + rolling or 0
end

-- Buckets as they are written, their sum, and when that changes.
local function summedUp(buckets, rolling)
  if #buckets == 0 then return '', 0, 0 end
  local spent, frees, stood = sumOf(buckets, rolling)
  return pack('<d', stood) .. cmsgpack.pack(buckets), spent, frees
end

local function dropOldest(buckets, after)
  while #buckets > KEPT_BUCKETS do
    local old
    for i = 1, #buckets, 3 do
      if buckets[i + 2] <= after and (not old or buckets[i] < buckets[old]) then old = i end
    end
    if not old then return end
    for _ = 1, 3 do table.remove(buckets, old) end
  end
end

-- Puts a charge into its bucket. Answers the buckets, their sum, and when that changes.
local function intoBucket(tail, how, spent, at)
  local rolling, width = lengthOf(how)
  local buckets, index, found = bucketsIn(tail), math.floor(at / width), false
  for i = 1, #buckets, 3 do
    if buckets[i] == index then
      found = true
      buckets[i + 1] = plus(buckets[i + 1], spent)
      if spent > 0 then buckets[i + 2] = math.max(buckets[i + 2], at) end
    end
  end
  -- What lowers a bucket that has been dropped lowers nothing that still counts.
  if not found and spent > 0 then
    local n = #buckets
    buckets[n + 1], buckets[n + 2], buckets[n + 3] = index, spent, at
    dropOldest(buckets, now - rolling)
  end
  return summedUp(buckets, rolling)
end
`;

/** Numbers from 1, and the lists of numbers that are the indexes by user and by run. */
export const LINES: string = `
local lines = tonumber(meta[4])
-- The line's own text tells where it stands: 'c' and 'k' are a hold's charge and correction, 'a' is an act.
local function writeLine(text, user, run)
  lines = lines + 1
  call('RPUSH', base .. 'lines:' .. math.floor((lines - 1) / 1000), text)
  if user then call('RPUSH', base .. 'lines:user:' .. user, str(lines)) end
  if run then call('RPUSH', base .. 'lines:run:' .. run, str(lines)) end
  return lines
end
`;

/** Whole holds, for scripts that look at more of them. */
export const HOLDS: string = `
local function holdKey(id) return base .. 'h:' .. id end

-- Its parts by name; of one that was released only the kind.
local function readHold(id)
  local was = call('GET', holdKey(id))
  if not was then return nil end
  local h = {id = id, kind = sub(was, 1, 1)}
  if h.kind == 'r' then return h end
  local _, count, from = nil, nil, 1
  if h.kind == 's' then
    _, h.line, h.at, h.nano, h.tokens, h.assumed, h.charge, h.better, from = unpackBytes(SETTLED, was)
    h.better = h.better ~= '' and cmsgpack.unpack(h.better) or nil
  end
  _, h.granted, h.ceiling, h.created, h.response, h.kept, count, from = unpackBytes(OPEN, was, from)
  h.user, h.run, h.who, h.thresholds, h.facts = match(h.kept, KEPT)
  h.facts = sub(h.kept, h.facts)
  h.entries = {unpackBytes('<' .. string.rep(ENTRY, count), was, from)}
  h.entries[#h.entries] = nil
  return h
end

local function writeHold(h)
  local entries, count = {}, #h.entries / 4
  for i = 1, #h.entries, 4 do
    local n = #entries
    entries[n + 1], entries[n + 2], entries[n + 3] = h.entries[i], h.entries[i + 1], h.entries[i + 2]
    entries[n + 4], entries[n + 5] = #h.entries[i + 3], h.entries[i + 3]
  end
  local kept = h.user .. '\\t' .. h.run .. '\\t' .. h.who .. '\\t' .. h.thresholds .. '\\t' .. h.facts
  local text = pack(OPEN .. string.rep(ENTRY, count), 'o', h.granted, h.ceiling, h.created, #h.response, h.response,
    #kept, kept, count, unpack(entries))
  if h.kind == 's' then
    local better = h.better and cmsgpack.pack(h.better) or ''
    text = pack(SETTLED, 's', h.line, h.at, h.nano, h.tokens, h.assumed, #h.charge, h.charge, #better, better) .. text
  end
  call('SET', holdKey(h.id), text)
end
`;
