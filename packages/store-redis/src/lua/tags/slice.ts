import { COUNTER, PRELUDE, ROLLING } from "../prelude.ts";
import { WINDOWS } from "../windows.ts";

/**
 * A slice at its tag: a window whose limit is 0 and whose credit is what was taken less what was
 * returned. `ARGV[5..]`: how long things are kept; family, start, end, zone, how it counts; whose
 * the window is of which it is a slice; taken and returned as far as the main knows; `1` to close
 * it: all its room is returned, and nothing can be granted there any more.
 *
 * Answers taken, returned, the number of writes by which this stands, spent and held.
 */
export const SLICE: string = `${PRELUDE}${COUNTER}${ROLLING}
local keep = tonumber(A[5])
${WINDOWS}
local family, start, ends = A[6], tonumber(A[7]), tonumber(A[8])
local key, c = base .. 'slice:' .. family, read(counterKey(family), family)
if not c then
  c = {
    key = counterKey(family), family = family, new = true, start = start, ends = ends,
    at = A[7] .. '/' .. A[8] .. '/' .. A[9], how = A[10], facts = '', spent = 0, held = 0, cap = -1, credit = 0, frees = 0, noticed = 0, noticedAt = 0, threshold = 0, tail = '',
  }
end
refresh(c)
local kept = call('HMGET', key, 'taken', 'back')
local taken, back = tonumber(kept[1] or 0), tonumber(kept[2] or 0)
local before = str(taken) .. ' ' .. str(back)
taken, back = math.max(taken, tonumber(A[12])), math.max(back, tonumber(A[13]))
if A[14] == '1' then
  local room = taken - back - c.spent - c.held
  if room > 0 and back + room <= EXACT then back = back + room end
end
if before ~= str(taken) .. ' ' .. str(back) or c.new then
  wrote()
  call('HSET', key, 'taken', str(taken), 'back', str(back))
  if ends < FOREVER then call('PEXPIRE', key, str(math.max(ends - now, 0) + keep)) end
  c.credit = taken - back
  if c.new then
    sweep()
    local again = lookAgain(c)
    if again then call('ZADD', base .. 'ends', again, family) end
  end
  -- Whoever has a slice has a history: a period that comes later is filled from it.
  local families = base .. 'f:' .. A[11]
  if call('EXISTS', families) == 0 then call('SADD', families, family) end
  call('SADD', base .. 'slices', family)
  write(c)
end
return format('["ok",%d,%d,%d,%d,%d,%d,%d]', now, seq, taken, back, seq, c.spent, c.held)
`;

/** Slices in which more was spent than was taken, and signs of history. Answers families and windows. */
export const OVER: string = `${PRELUDE}${COUNTER}${ROLLING}
local keep = 0
${WINDOWS}
local reply, all = {'ok', str(now), str(seq)}, base .. 'slices'
for _, family in ipairs(call('SMEMBERS', all)) do
  local c = read(counterKey(family), family)
  if not c or c.ends <= now - 86400000 then call('SREM', all, family)
  elseif refresh(c).spent + c.held > c.credit or string.find(family, '|history/', 1, true) then
    local n = #reply
    reply[n + 1], reply[n + 2] = family, c.at
  end
end
return reply
`;
