import { COUNTERS, PAYING, PRELUDE } from "./prelude.ts";

const LINES = `
-- Lines are numbered from 1; lists of numbers are the indexes by user and by run.
local function write(user, run, hold, kind, at, charge, ceiling, first)
  local n = str(call('HINCRBY', KEYS[1], 'lines', 1))
  call('XADD', KEYS[4], n .. '-1', 'hold', hold, 'kind', kind, 'at', at, 'charge', charge, 'ceiling', ceiling, 'first', first)
  call('RPUSH', base .. 'lines:user:' .. user, n)
  call('RPUSH', base .. 'lines:run:' .. run, n)
  return {n, hold, kind, at, charge, ceiling, first}
end

local function line(n)
  local f = call('XRANGE', KEYS[4], n .. '-1', n .. '-1')[1][2]
  return {n, f[2], f[4], f[6], f[8], f[10], f[12]}
end
`;

/**
 * Settles, or releases where the charge is empty. `KEYS`: data set, open holds, the hold, lines.
 * `ARGV[5..]`: the hold's name in the set, the charge as JSON, its nano-dollars, its tokens, how it
 * is known, how long things are kept.
 */
export const END: string = `${PRELUDE}
local keep = tonumber(A[10])
${COUNTERS}${PAYING}${LINES}
local packed = call('GET', KEYS[3])
if not packed then return {'unknown', str(now), seq} end
local h = cmsgpack.unpack(packed)
local charge, nano, tokens = A[6], tonumber(A[7]), tonumber(A[8])

if h[1] == 'open' then
  local user, run, entries = h[7], h[8], h[9]
  wrote()
  call('ZREM', KEYS[2], A[5])
  if charge == '' then
    call('SET', KEYS[3], cmsgpack.pack({'released'}), 'PX', A[10])
    return payAll(entries, -1, {u = 0, t = 0, runs = 0}, now, {'released', str(now), seq})
  end
  local written = write(user, run, h[2], 'charge', str(now), charge, str(h[4]), '')
  call('SET', KEYS[3], cmsgpack.pack({'settled', user, run, written[1], entries, 0}), 'PX', A[10])
  return payAll(entries, -1, {u = nano, t = tokens, runs = 1}, now, {'settled', str(now), seq, written})
end

if h[1] == 'released' then return {'already', str(now), seq} end
local first = line(h[4])
if charge == '' or h[6] == 1 or A[9] == 'assumed' then return {'already', str(now), seq, first} end
local assumed = cjson.decode(first[5])
if assumed.known ~= 'assumed' then return {'already', str(now), seq, first} end

-- Better knowledge of an assumed charge: the difference, dated as the charge was.
local difference = {u = nano - assumed.nano, t = tokens - assumed.tokens, runs = 0}
wrote()
local written = write(h[2], h[3], first[2], 'correction', str(now), charge, first[6], first[5])
call('SET', KEYS[3], cmsgpack.pack({'settled', h[2], h[3], h[4], h[5], 1}), 'PX', A[10])
return payAll(h[5], 0, difference, tonumber(first[4]), {'settled', str(now), seq, written})
`;

/** `KEYS`: data set, the hold. `ARGV[5]`: the response id. */
export const ATTACH: string = `${PRELUDE}
local packed = call('GET', KEYS[2])
local h = packed and cmsgpack.unpack(packed)
if h and h[1] == 'open' then
  h[6] = A[5]
  wrote()
  call('SET', KEYS[2], cmsgpack.pack(h))
end
return {'ok', str(now), seq}
`;

/** `KEYS`: data set, open holds. `ARGV[5..]`: for how long, then the holds. Answers their places in the list. */
export const RENEW: string = `${PRELUDE}
local open, expires = {}, str(now + tonumber(A[5]))
for i = 6, #A do
  if call('ZSCORE', KEYS[2], A[i]) then
    call('ZADD', KEYS[2], expires, A[i])
    open[#open + 1] = tostring(i - 6)
  end
end
if #open > 0 then wrote() end
return {'ok', str(now), seq, open}
`;

/** `KEYS`: data set, open holds. `ARGV[5..]`: `1` for expired ones only, how many. */
export const HOLDS: string = `${PRELUDE}
local last = A[5] == '1' and str(now) or '+inf'
local found = call('ZRANGEBYSCORE', KEYS[2], '-inf', last, 'WITHSCORES', 'LIMIT', 0, A[6])
local reply = {'ok', str(now), seq}
for i = 1, #found, 2 do
  local packed = call('GET', base .. 'h:' .. found[i])
  if packed then
    local h = cmsgpack.unpack(packed)
    reply[#reply + 1] = {h[2], str(h[3]), str(h[4]), str(h[5]), h[6], found[i + 1]}
  end
end
return reply
`;

/** `KEYS`: data set, the lease. `ARGV[5..]`: its owner, for how long. */
export const LEASE: string = `${PRELUDE}
local held = call('HMGET', KEYS[2], 'owner', 'until')
if held[1] and held[1] ~= A[5] and tonumber(held[2]) > now then return {'ok', str(now), seq, '0'} end
wrote()
call('HSET', KEYS[2], 'owner', A[5], 'until', str(now + tonumber(A[6])))
call('PEXPIRE', KEYS[2], str(tonumber(A[6]) + 86400000))
return {'ok', str(now), seq, '1'}
`;

/** `KEYS`: data set, a counter a window. `ARGV[5..]`: window, length if rolling, of each. Four texts each, as a reserve answers. */
export const WINDOWS: string = `${PRELUDE}${COUNTERS}
local reply, at, n = {'ok', str(now), seq}, 5, 3
for i = 2, #KEYS do
  local key, asked = KEYS[i], A[at]
  local c = read(key)
  if not c or now < startOf(c[1]) or now >= endOf(c[1]) then
    c = inForce(key, c, asked) or {asked, '0', '0', ''}
  end
  refresh(key, c, tonumber(A[at + 1]))
  reply[n + 1], reply[n + 2], reply[n + 3], reply[n + 4] = c[2], c[3], c[4] or '', c[1]
  at, n = at + 2, n + 4
end
return reply
`;

/** `KEYS`: data set, lines, the index, or lines again. `ARGV[5..]`: after which line, how many. Answers a page of lines. */
export const LINES_PAGE: string = `${PRELUDE}
local reply = {'ok', str(now), seq}
local function add(n, f) reply[#reply + 1] = {n, f[2], f[4], f[6], f[8], f[10], f[12]} end
if KEYS[3] == KEYS[2] then
  for _, entry in ipairs(call('XRANGE', KEYS[2], '(' .. A[5] .. '-1', '+', 'COUNT', A[6])) do
    add(string.match(entry[1], '^%d+'), entry[2])
  end
  return reply
end
-- The numbers in an index grow: the place of the first one wanted is found by halving.
local after, low, high = tonumber(A[5]), 0, call('LLEN', KEYS[3])
while low < high do
  local middle = math.floor((low + high) / 2)
  if tonumber(call('LINDEX', KEYS[3], middle)) > after then high = middle else low = middle + 1 end
end
for _, n in ipairs(call('LRANGE', KEYS[3], low, low + A[6] - 1)) do
  add(n, call('XRANGE', KEYS[2], n .. '-1', n .. '-1')[1][2])
end
return reply
`;

/** Answers the time. */
export const NOW: string = `${PRELUDE}
return {'ok', str(now), seq}
`;
