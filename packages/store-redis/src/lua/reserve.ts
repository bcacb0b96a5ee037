import { COUNTERS, PRELUDE } from "./prelude.ts";

/**
 * The admission, in doubles that are never rounded: amounts are taken apart into thousands, so that
 * every product that can be granted stays below 2^53, and one that does not is larger than any limit.
 */
const ADMIT = `
local fmod, ceil = math.fmod, math.ceil

-- ceil((fixed + perOutput * n) / 1000)
local function amount(fixed, perOutput, n)
  local plain = fixed + perOutput * n
  -- Up to here a quotient keeps its last thousandth.
  if plain <= 1000000000000000 then return ceil(plain / 1000) end
  local f, p, m = fmod(fixed, 1000), fmod(perOutput, 1000), fmod(n, 1000)
  return (fixed - f) / 1000 + (perOutput - p) / 1000 * n + p * ((n - m) / 1000)
    + ceil((f + p * m) / 1000)
end

-- The most output tokens below max that fit into so much room; -1 if not even the fixed part does.
local function fit(room, fixed, perOutput, max)
  if room < 0 or amount(fixed, perOutput, 0) > room then return -1 end
  if room * 1000 <= EXACT then
    local rest = room * 1000 - fixed
    return (rest - fmod(rest, perOutput)) / perOutput
  end
  local low, high = 0, max
  while high - low > 1 do
    local middle = low + math.floor((high - low) / 2)
    if amount(fixed, perOutput, middle) <= room then low = middle else high = middle end
  end
  return low
end
`;

/**
 * `KEYS`: data set, open holds, the hold, a counter a claim. `ARGV[5..]`: the hold's name in the
 * set, its time, least and most output, the ceiling's two parts, the hold's facts, user, run, how
 * long things are kept, `1` where a process brings back what the server forgot; then eight a claim: limit, fixed, per output, window, its start and end,
 * how it counts, its facts. A window is answered in four texts; the last one only where it is another one
 * than was asked for.
 */
export const RESERVE: string = `${PRELUDE}
-- What most calls don't need is made only for those that do.
local function rarely()
${COUNTERS}
  return {standing = standing, refresh = refresh, lengthOf = lengthOf, inForce = inForce, swap = swap, endOf = endOf}
end
local FOREVER, EXACT = 8640000000000000, 9007199254740991
${ADMIT}
if meta[3] and A[15] == '' then
  local time = call('TIME')
  if time[1] * 1000 + time[2] / 1000 < tonumber(meta[3]) then return {'recovering'} end
  call('HDEL', KEYS[1], 'until')
end

local before = call('GET', KEYS[3])
if before then
  local h = cmsgpack.unpack(before)
  if h[1] ~= 'open' then return {'ended', str(now), seq} end
  local expires = call('ZSCORE', KEYS[2], A[5])
  return rarely().standing(h[9], {'again', str(now), seq, str(h[3]), expires})
end

local FIRST, WIDTH = 16, 8
local keys = KEYS
local count = #keys - 3
local min, max = tonumber(A[7]), tonumber(A[8])
local found, amounts, fits, refused, granted = {}, {}, {}, nil, max
local rare
local at = FIRST
for i = 1, count do
  local key, asked, c = keys[i + 3], A[at + 3], nil
  if #A[at + 6] == 1 then
    c = call('HMGET', key, 'at', 'spent', 'held')
  else
    c = call('HMGET', key, 'at', 'spent', 'held', 'frees')
  end
  if c[1] ~= asked or now < tonumber(A[at + 4]) or now >= tonumber(A[at + 5]) then
    rare = rare or rarely()
    c = rare.inForce(key, c[1] and c, asked)
    if not c then return {'stale', str(now), seq} end
  end
  if c[4] and c[4] ~= '' then
    rare = rare or rarely()
    rare.refresh(key, c, (rare.lengthOf(A[at + 6])))
  end
  found[i] = c
  local most, fixed, perOutput = max, tonumber(A[at + 1]), tonumber(A[at + 2])
  local whole = amount(fixed, perOutput, max)
  if A[at] ~= '' then
    local room = A[at] - c[2] - c[3]
    if whole > room then
      most = fit(room, fixed, perOutput, max)
      if most < min then
        refused = refused or {}
        refused[#refused + 1] = tostring(i - 1)
      end
      if most < granted then granted = most end
    end
  end
  amounts[i], fits[i] = whole, most
  at = at + WIDTH
end

if refused then
  local reply = {'refused', str(now), seq, refused, fits}
  for i = 1, count do
    local c, n = found[i], #reply
    fits[i] = str(math.max(fits[i], 0))
    reply[n + 1], reply[n + 2], reply[n + 3], reply[n + 4] = c[2], c[3], c[4] or '', c[1]
  end
  return reply
end

at = FIRST
for i = 1, count do
  if granted < max then
    amounts[i] = amount(tonumber(A[at + 1]), tonumber(A[at + 2]), granted)
  end
  local held = found[i][3] + amounts[i]
  if held > EXACT then return {'uncountable', str(now), seq} end
  found[i][3] = str(held)
  at = at + WIDTH
end
local ceiling = amount(tonumber(A[9]), tonumber(A[10]), granted)
if ceiling > EXACT then return {'uncountable', str(now), seq} end

wrote()
local keep = A[14]
local expires = str(now + A[6])
local entries, reply = {}, {'held', str(now), seq, str(granted), expires}
local e, n, sub, from = 0, 5, string.sub, #base + 3
at = FIRST
for i = 1, count do
  local key, c, how = keys[i + 3], found[i], A[at + 6]
  local family = sub(key, from)
  if c.new or c.from then rare.swap(key, c) end
  if c.new then
    call('HSET', key, 'at', c[1], 'spent', '0', 'held', c[3], 'facts', A[at + 7])
    local ends = rare.endOf(c[1])
    if ends < FOREVER then call('PEXPIRE', key, str(ends - now + keep)) end
  else
    call('HSET', key, 'held', c[3])
    if #how > 1 then call('PERSIST', key) end
  end
  reply[n + 1], reply[n + 2], reply[n + 3] = c[2], c[3], c[4] or ''
  reply[n + 4] = c[1] == A[at + 3] and '' or c[1]
  entries[e + 1], entries[e + 2], entries[e + 3], entries[e + 4] = family, c[1], amounts[i], how
  e, n, at = e + 4, n + 4, at + WIDTH
end
call('SET', KEYS[3], cmsgpack.pack(
  {'open', A[11], granted, ceiling, now, '', A[12], A[13], entries}
))
call('ZADD', KEYS[2], expires, A[5])
return reply
`;
