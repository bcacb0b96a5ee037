import { COUNTER, PRELUDE, ROLLING } from "./prelude.ts";
import { SUBJECTS } from "./subjects.ts";
import { WINDOWS } from "./windows.ts";

/** `ARGV[5..]`: for how long they are leased, how many. */
export const TAKE_NOTICES: string = `${PRELUDE}
local taken, at, limit = {}, 0, tonumber(A[6])
while #taken < limit do
  local page = call('ZRANGE', base .. 'notices', at, at + 99)
  if #page == 0 then break end
  for _, id in ipairs(page) do
    local till = call('HGET', base .. 'noticed', id)
    if #taken < limit and not (till and tonumber(till) > now) then
      if #taken == 0 then wrote() end
      call('HSET', base .. 'noticed', id, str(now + tonumber(A[5])))
      taken[#taken + 1] = call('HGET', base .. 'notice', id)
    end
  end
  at = at + 100
end
return format('["ok",%d,%d,[%s]]', now, seq, table.concat(taken, ','))
`;

/** `ARGV[5]`: the notice. */
export const DROP_NOTICE: string = `${PRELUDE}
if call('ZREM', base .. 'notices', A[5]) == 1 then
  call('HDEL', base .. 'notice', A[5])
  call('HDEL', base .. 'noticed', A[5])
  wrote()
end
return format('["ok",%d,%d]', now, seq)
`;

/** A page of windows that have a cap. `ARGV[5..]`: where the last page ended, and of how many it is made. */
export const CAPPED: string = `${PRELUDE}${COUNTER}${ROLLING}
local keep = 0
${WINDOWS}
local page = call('SSCAN', base .. 'capped', A[5], 'COUNT', A[6])
local found, caps = {}, {}
for _, family in ipairs(page[2]) do
  local c = read(counterKey(family), family)
  if not c or now < c.start or now >= c.ends then
    c = inForce(family, {start = 0, ends = 0, zone = '', how = '', facts = ''})
  end
  if c and not c.new and c.cap >= 0 then
    found[#found + 1] = refresh(c)
    caps[#caps + 1] = str(c.cap)
  end
end
return format('["ok",%d,%d,"%s",%s,[%s]]', now, seq, page[1], tell(found, true), table.concat(caps, ','))
`;

/** `ARGV[5..]`: whose settings. */
export const SETTINGS: string = `${PRELUDE}${SUBJECTS}
local tells = {}
for i = 5, #A do tells[i - 4] = tellSaid(call('GET', base .. 's:' .. A[i])) end
return format('["ok",%d,%d,[%s]]', now, seq, table.concat(tells, ','))
`;
