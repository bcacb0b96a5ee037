import { COUNTER, HOLD, HOLDS, PRELUDE, ROLLING } from "./prelude.ts";
import { WINDOWS } from "./windows.ts";

/** Answers the time. */
export const NOW: string = `${PRELUDE}
return format('["ok",%d,%d]', now, seq)
`;

/** `ARGV[5..]`: the hold, the response id. */
export const ATTACH: string = `${PRELUDE}${COUNTER}${HOLD}${HOLDS}
local h = readHold(A[5])
if h and h.kind == 'o' then
  h.response = A[6]
  wrote()
  writeHold(h)
end
return format('["ok",%d,%d]', now, seq)
`;

/** `ARGV[5..]`: for how long, then the holds. Answers their places in the list. */
export const RENEW: string = `${PRELUDE}
local open, expires, holds = {}, now + tonumber(A[5]), base .. 'holds'
for i = 6, #A do
  if call('ZSCORE', holds, A[i]) then
    call('ZADD', holds, expires, A[i])
    open[#open + 1] = i - 6
  end
end
if #open > 0 then wrote() end
return format('["ok",%d,%d,[%s]]', now, seq, table.concat(open, ','))
`;

/** `ARGV[5..]`: `1` for expired ones only, how many. */
export const OPEN_HOLDS: string = `${PRELUDE}${COUNTER}${HOLD}${HOLDS}
local last = A[5] == '1' and now or '+inf'
local found = call('ZRANGEBYSCORE', base .. 'holds', '-inf', last, 'WITHSCORES', 'LIMIT', 0, A[6])
local reply = {'ok', str(now), str(seq)}
for i = 1, #found, 2 do
  local h = readHold(found[i])
  reply[#reply + 1] = {h.user, h.facts, str(h.granted), str(h.ceiling), str(h.created), h.response, found[i + 1]}
end
return reply
`;

/** `ARGV[5..]`: the lease, its owner, for how long. */
export const LEASE: string = `${PRELUDE}
local name = base .. 'l:' .. A[5]
local held = call('HMGET', name, 'owner', 'until')
if held[1] and held[1] ~= A[6] and tonumber(held[2]) > now then return format('["ok",%d,%d,0]', now, seq) end
wrote()
call('HSET', name, 'owner', A[6], 'until', str(now + tonumber(A[7])))
call('PEXPIRE', name, str(tonumber(A[7]) + 86400000))
return format('["ok",%d,%d,1]', now, seq)
`;

/**
 * `ARGV[5]`: the windows asked for, four a window: family, start, end, zone. What most callers ask
 * for is in force and answered as it stands; only for the rest are windows looked for.
 */
export const STATES: string = `${PRELUDE}${COUNTER}
local asked, names = cjson.decode(A[5]), {}
for i = 1, #asked, 4 do names[#names + 1] = base .. 'c:' .. asked[i] end
local counters, states, more = #names > 0 and #names <= 1000 and call('MGET', unpack(names)) or {}, {}, {}
for i, was in ipairs(counters) do
  if not was then break end
  local start, ends, spent, held, _, credit, frees, _, _, _, at, how, _, tail = unpackBytes(SHAPE, was)
  if now < start or now >= ends or not stands(frees, how, was, tail) then break end
  states[i] = format('%d,%d', spent, held)
  more[i] = format('[%d,%d,%d,"%s"]', i - 1, credit, frees, at)
end
if #states == #names then
  return format('["ok",%d,%d,[%s],[%s]]', now, seq, table.concat(states, ','), table.concat(more, ','))
end
local keep = 0
${ROLLING}${WINDOWS}
local found = {}
for i = 1, #asked, 4 do
  local family, zone = asked[i], asked[i + 3]
  local c = inForce(family, {start = asked[i + 1], ends = asked[i + 2], zone = zone, how = '', facts = ''})
  found[#found + 1] = c and refresh(c) or {
    spent = 0, held = 0, credit = 0, frees = 0, at = str(asked[i + 1]) .. '/' .. str(asked[i + 2]) .. '/' .. zone,
  }
end
return format('["ok",%d,%d,%s]', now, seq, tell(found, false))
`;
