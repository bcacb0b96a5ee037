import { NOTICES } from "../notices.ts";
import { COUNTER, PRELUDE, ROLLING } from "../prelude.ts";
import { WINDOWS } from "../windows.ts";

/**
 * What the main knows of each tag in one window: an account a slice, as `taken returned spent told`.
 * What was taken and what was returned only ever grow, so that they can be told again in any order.
 * In the window itself a slice counts with what is spent in it, and as held with what may still be.
 */
const ACCOUNTS = `
local function lentKey(c) return base .. 'lent:' .. str(c.start) .. ':' .. c.family end

local function accountOf(c, name)
  local text = call('HGET', lentKey(c), name)
  local taken, back, spent, told = match(text or '0 0 0 0', '^(%S+) (%S+) (%S+) (%S+)$')
  return {name = name, taken = taken + 0, back = back + 0, spent = spent + 0, told = told + 0}
end

local function countsAs(a) return a.spent, math.max(a.taken - a.back - a.spent, 0) end

-- Puts an account in the place of what it was.
local function count(c, spent, held, a)
  local newly, kept = countsAs(a)
  c.spent, c.held = c.spent - spent + newly, c.held - held + kept
end

local function writeAccount(c, a)
  local key = lentKey(c)
  call('HSET', key, a.name, str(a.taken) .. ' ' .. str(a.back) .. ' ' .. str(a.spent) .. ' ' .. str(a.told))
  if c.ends < FOREVER then call('PEXPIRE', key, str(math.max(c.ends - now, 0) + keep)) end
end
`;

/**
 * Lends a slice of a window, and is told how the last ones stand. `ARGV[5..]`: how long things are
 * kept; account; family, start, end, zone, how it counts, facts, whose; limit and cap (-1 for none);
 * what the tag knows: of which window, taken, returned, spent, when told; the least and the most
 * that is wanted, or 0; thresholds; what the step needs, where this is the last time it is asked for;
 * `1` to begin the window in any case; as JSON what tags have spent before the window began, or nothing; for which
 * hold; `1` for no more than is wanted.
 *
 * A tag that does not know all that it was lent is lent nothing more: it is told.
 */
export const LEND: string = `${PRELUDE}${COUNTER}${ROLLING}
local keep = tonumber(A[5])
${WINDOWS}${NOTICES}${ACCOUNTS}
local scope = match(A[13], '^(.-)\\n')
local limit, cap = tonumber(A[14]), tonumber(A[15])
local least, most, needs = tonumber(A[21]), tonumber(A[22]), tonumber(A[24])
local c = inForce(A[7], {start = tonumber(A[8]), ends = tonumber(A[9]), zone = A[10], how = A[11], facts = A[12]})
if not c then return format('["ok",%d,%d,"stale"]', now, seq) end
local changed, first, began = false, c.new and not c.old, base .. 'began:' .. A[13]
-- What the same reserve has begun is no history.
local function hasHistory()
  local families = call('SMEMBERS', base .. 'f:' .. A[13])
  for _, family in ipairs(families) do
    if family == c.family then return false end
  end
  for _, family in ipairs(families) do
    if A[27] == '' or call('HGET', began, family) ~= A[27] then return true end
  end
end
if first and scope ~= 'route' and (A[26] ~= '' or hasHistory()) then
  if A[26] == '' then return format('["ok",%d,%d,"history",0,0,%s]', now, seq, tell({c}, false)) end
  for _, one in ipairs(cjson.decode(A[26])) do
    local a = {name = one[1], taken = one[2] + one[3], back = 0, spent = one[2], told = 0}
    count(c, 0, 0, a)
    writeAccount(c, a)
    changed = true
  end
end

local a = accountOf(c, A[6])
local spent, held = countsAs(a)
local before = a.taken .. ' ' .. a.back .. ' ' .. a.spent
local knows = 0
if tonumber(A[16]) == c.start then
  knows = tonumber(A[17])
  a.taken, a.back = math.max(a.taken, knows), math.max(a.back, tonumber(A[18]))
  if tonumber(A[20]) > a.told then a.spent, a.told = tonumber(A[19]), tonumber(A[20]) end
end
count(c, spent, held, a)

local granted = 0
if most > 0 and a.taken == knows then
  local left = limit < 0 and EXACT or math.min(limit + c.credit, EXACT) - c.spent - c.held
  local size = math.max(most, math.floor(left / (2 * math.max(call('HLEN', lentKey(c)), 1))))
  if limit < 0 then size = math.max(most, math.min(most * 4096, 1000000000000)) end
  if A[28] == '1' then size = most end
  size = math.min(size, left, EXACT - a.taken, EXACT - c.held)
  if size >= least and size > 0 then
    spent, held = countsAs(a)
    a.taken, granted = a.taken + size, size
    count(c, spent, held, a)
  end
end
local noticed = 0
if changed or A[25] == '1' or before ~= a.taken .. ' ' .. a.back .. ' ' .. a.spent or needs > 0 then
  local full = cap + c.credit
  if notice(c, cap, A[23], needs > 0 and granted == 0 and needs <= full and c.spent + needs > full) then noticed = 1 end
  if changed or A[25] == '1' or noticed == 1 or before ~= a.taken .. ' ' .. a.back .. ' ' .. a.spent then
    wrote()
    if first then call('HSET', began, c.family, A[27]) end
    if c.new or c.from then begin(c, A[13]) end
    if cap >= 0 then c.cap = cap end
    write(c)
    if before ~= '0 0 0' or a.taken > 0 or a.back > 0 or a.spent > 0 then writeAccount(c, a) end
  end
end
return format('["ok",%d,%d,"%s",%d,%d,%s,%d,%d]', now, seq, granted > 0 and 'lent' or 'none', a.taken, a.back,
  tell({c}, false), noticed, a.spent)
`;

/** The accounts of a window. `ARGV[5..]`: family, start. Answers names and texts in turn. */
export const LENT: string = `${PRELUDE}
local reply = {'ok', str(now), str(seq)}
for _, text in ipairs(call('HGETALL', base .. 'lent:' .. A[6] .. ':' .. A[5])) do reply[#reply + 1] = text end
return reply
`;
