import { ADMIT } from "./admit.ts";
import { COUNTER, HOLD, LINES, PRELUDE, ROLLING } from "./prelude.ts";

/** A list that has room: making room for one entry after the other takes longer than the rest. */
function list(length: number): string {
  return `{${Array.from({ length }, () => "0").join()}}`;
}

/** A text in Lua for each of the numbers of claims that are usual. */
function texts(of: (count: number) => string): string {
  return `{${[1, 2, 3, 4, 5, 6, 7, 8].map((count) => `'${of(count)}'`).join()}}`;
}

const FIELD = "([^\\t]*)\\t";

/** Whether the settings are those that the claims were made by: names and versions in turn. */
const SETTINGS = `
local function isKnown(subjects)
  local names, versions = {}, {}
  for name, version in gmatch(sub(subjects, 2), '([^\\1]*)\\1([^\\1]*)\\1') do
    names[#names + 1] = base .. 's:' .. name
    versions[#versions + 1] = version
  end
  if #names == 0 then return true end
  local found = call('MGET', open(names))
  for i, version in ipairs(versions) do
    if (found[i] and match(found[i], '^%d+') or '0') ~= version then return false end
  end
  return true
end
`;

const RESERVE = `
local FIELD, HEAD, CLAIM = '${FIELD}', '^r${FIELD.repeat(8)}()', '${FIELD.repeat(3)}'
-- Used again by each call of a batch: patterns by the number of claims, and lists that have their length.
local CLAIMS = ${texts((count) => FIELD.repeat(3 * count))}
local ENTRIES = ${texts((count) => `<c1dddHc0I4c0B${"dddHc0".repeat(count)}`)}
local SUMS = ${texts((count) => `["held",%d,%s,[${",%d".repeat(2 * count).slice(1)}],[%s]]`)}
local names, c, states, entries = ${list(8)}, ${list(35)}, ${list(12)}, ${list(25)}

local function patterns(count)
  CLAIMS[count] = rep(CLAIM, count)
  ENTRIES[count] = OPEN .. rep(ENTRY, count)
  SUMS[count] = '["held",%d,%s,[' .. sub(rep(',%d', 2 * count), 2) .. '],[%s]]'
end

local function reserve(text, kept)
  if closed then return '0' end
  local hold, ttl, min, max, fixedPart, outputPart, subjects, count, from = match(text, HEAD)
  if settings then
    if not isKnown(subjects) then return '0' end
  elseif sub(subjects, 1, 1) ~= '0' then return '0' end
  count, min, max, fixedPart, outputPart = count + 0, min + 0, max + 0, fixedPart + 0, outputPart + 0
  if not SUMS[count] then patterns(count) end
  local r
  if count <= 10 then
    r = {match(text, CLAIMS[count], from)}
  else
    r = {}
    for field in gmatch(sub(text, from), FIELD) do r[#r + 1] = field end
  end
  local key = base .. 'h:' .. hold
  names[1] = key
  for i = 1, count do names[i + 1] = counters .. r[3 * i - 2] end
  local found = call('MGET', open(names, 1, count + 1))
  if found[1] then return '0' end
  local granted, most, o, more = max, amount(fixedPart, outputPart, max), 0, nil
  for i = 1, count do
    local was = found[i + 1]
    if not was then return '0' end
    local start, ends, spent, held, capped, credit, frees, _, _, _, at, how, _, tail = unpackBytes(SHAPE, was)
    if now < start or now >= ends or not stands(frees, how, was, tail) then return '0' end
    local limit, fixed, perOutput, takes = tonumber(r[3 * i - 1]), nil, nil, most
    local cap = limit
    if not limit then
      limit, cap, fixed, perOutput = match(r[3 * i - 1], '^(.*);(.*);(.*);(.*)$')
      limit, cap, fixed, perOutput = limit + 0, cap + 0, fixed + 0, perOutput + 0
      takes = amount(fixed, perOutput, max)
    end
    -- A claim without a cap leaves the window's as it is; its first one is for the full script.
    local next = cap < 0 and capped or cap
    if next ~= capped and capped < 0 then return '0' end
    if limit >= 0 then
      limit = limit + credit
      if limit > EXACT then limit = EXACT end
      local room = limit - spent - held
      if takes > room then
        local fits = fit(room, fixed or fixedPart, perOutput or outputPart, max)
        if fits < min then return '0' end
        if fits < granted then granted = fits end
      end
    end
    c[o + 1], c[o + 2], c[o + 3], c[o + 4] = start, held, takes, fixed or false
    c[o + 5], c[o + 6], c[o + 7] = perOutput or false, cap, next ~= capped
    states[2 * i - 1] = spent
    if credit ~= 0 or frees ~= 0 or at ~= r[3 * i] then
      more = (more and more .. ',' or '') .. format('[%d,%d,%d,"%s"]', i - 1, credit, frees, at)
    end
    o = o + 7
  end
  local ceiling, e = granted < max and amount(fixedPart, outputPart, granted) or most, 0
  if ceiling > EXACT then return '0' end
  o = 0
  for i = 1, count do
    local takes, fixed, family = ceiling, c[o + 4], r[3 * i - 2]
    if fixed then takes = granted < max and amount(fixed, c[o + 5], granted) or c[o + 3] end
    local held = c[o + 2] + takes
    if held > EXACT then return '0' end
    states[2 * i] = held
    entries[e + 1], entries[e + 2], entries[e + 3], entries[e + 4], entries[e + 5] = c[o + 1], takes, c[o + 6], #family, family
    o, e = o + 7, e + 5
  end
  seq = seq + 1
  states[2 * count + 1] = more or ''
  local expires = str(now + ttl)
  call('SET', key, pack(ENTRIES[count], 'o', granted, ceiling, now, 0, '', #kept, kept, count, open(entries, 1, e)))
  for i = 1, count do
    local written = c[7 * i] and pack('<dd', states[2 * i], c[7 * i - 1]) or pack('<d', states[2 * i])
    call('SETRANGE', names[i + 1], 24, written)
  end
  call('ZADD', HOLDS, expires, hold)
  return format(SUMS[count], granted, expires, open(states, 1, 2 * count + 1))
end
`;

const FINISH = `
-- Whether a charge may bring a window to a threshold: rather once too often than once too rarely.
local function nears(thresholds, limit, spent, noticed, at, last, how)
  if last > 0 and (limit > noticed or (#how > 1 and now - at >= lengthOf(how))) then last = 0 end
  for one in gmatch(thresholds, '%d+') do
    if one + 0 > last then return spent * 1000.0001 >= limit * one end
  end
  return false
end

local PARTS = ${texts((count) => `<${"dddHc0".repeat(count)}`)}
local TOLD = ${texts((count) => `[${',"%s","%s",%d,%d'.repeat(count).slice(1)}],[%s]]`)}
local written, told = ${list(5)}, ${list(25)}

local function finish(text, charge)
  local hold, nano, tokens, assumed, isKnown = match(text, '^e([^\\t]*)\\t([^\\t]*)\\t([^\\t]*)\\t(.)(.)')
  local key = base .. 'h:' .. hold
  local was = call('GET', key)
  if not was or sub(was, 1, 1) ~= 'o' then return '0' end
  local _, _, ceiling, _, _, kept, count, from = unpackBytes(OPEN, was)
  if not PARTS[count] then
    PARTS[count] = '<' .. rep(ENTRY, count)
    TOLD[count] = '[' .. sub(rep(',"%s","%s",%d,%d', count), 2) .. '],[%s]]'
  end
  local parts = {unpackBytes(PARTS[count], was, from)}
  for i = 1, count do names[i] = counters .. parts[4 * i] end
  local found = count == 0 and {} or call('MGET', open(names, 1, count))
  local user, run, _, thresholds, facts = match(kept, KEPT)
  local paid, more, tails, o = charge ~= '', nil, nil, 0
  nano, tokens = nano + 0, tokens + 0
  for i = 1, count do
    local counter = found[i]
    if not counter then return '0' end
    local start, ends, spent, held, _, credit, frees, noticed, noticedAt, last, at, how, own, tail = unpackBytes(SHAPE, counter)
    local takes, cap = parts[o + 2], parts[o + 3]
    if start ~= parts[o + 1] then return '0' end
    held = held - takes
    if paid then
      if how == 'u' then spent = spent + nano
      elseif how == 't' then spent = spent + tokens
      elseif how == 'r' then spent = spent + takes
      else
        local letter, buckets = sub(how, 1, 1), nil
        if letter == 'u' then takes = nano elseif letter == 't' then takes = tokens end
        buckets, spent, frees = intoBucket(sub(counter, tail), how, takes, now)
        tails = tails or {}
        tails[i] = sub(counter, 1, 16) .. pack('<dd', spent, held) .. sub(counter, 33, 48) .. pack('<d', frees)
          .. sub(counter, 57, tail - 1) .. buckets
      end
      if spent > EXACT or (cap >= 0 and nears(thresholds, cap + credit, spent, noticed, noticedAt, last, how)) then
        return '0'
      end
    elseif not stands(frees, how, counter, tail) then
      return '0'
    end
    written[i] = pack('<dd', spent, held)
    told[o + 5], told[o + 6], told[o + 7], told[o + 8] = parts[o + 4], at, spent, held
    if credit ~= 0 or frees ~= 0 or own ~= '' then
      more = (more and more .. ',' or '') .. format('[%d,%d,%d%s]', i - 1, credit, frees, own == '' and '' or ',' .. own)
    end
    o = o + 4
  end
  seq = seq + 1
  for i = 1, count do
    if tails and tails[i] then call('SET', names[i], tails[i]) else call('SETRANGE', names[i], 16, written[i]) end
  end
  call('ZREM', HOLDS, hold)
  told[o + 5] = more or ''
  if not paid then
    call('SET', key, 'r', 'PX', A[5])
    return format('["released",' .. TOLD[count], open(told, 5, o + 5))
  end
  local line = writeLine('c' .. hold, user, run)
  call('SET', key, pack(SETTLED, 's', line, now, nano, tokens, assumed + 0, #charge, charge, 0, '') .. was)
  told[1], told[2], told[3], told[4] = line, ceiling, user, isKnown == '1' and '0' or sub(kept, facts)
  return format('["settled",%d,%d,"%s",%s,' .. TOLD[count], open(told, 1, o + 5))
end
`;

/**
 * The calls that most processes make most of the time, many at once: reserves that are granted in
 * windows that have begun, and charges and releases of open holds that write no notice. All else is
 * answered `0` and changes nothing: `FULL` carries it out.
 *
 * `ARGV[5]` is how long releases are remembered; two a call follow, as `operation.ts` writes them.
 * What makes it fast: a text is read by one pattern, numbers by their places, and only what changes
 * is written.
 */
export const HOT: string = `${PRELUDE}
local open, rep, gmatch = unpack, string.rep, string.gmatch
local counters, HOLDS = base .. 'c:', base .. 'holds'
local closed, settings, first = meta[3] ~= '0', meta[5] ~= '0', seq
${COUNTER}${HOLD}${ROLLING}${LINES}${ADMIT}${SETTINGS}${RESERVE}${FINISH}
local replies = {}
for i = 6, #A, 2 do
  -- One that fails harms no other: it is carried out alone, and says there what is wrong.
  local ok, reply = pcall(sub(A[i], 1, 1) == 'r' and reserve or finish, A[i], A[i + 1])
  replies[#replies + 1] = ok and reply or '0'
end
if seq > first then call('HSET', KEYS[1], 'seq', str(seq), 'lines', str(lines)) end
return format('["ok",%d,%d,%s]', now, seq, table.concat(replies, ','))
`;
