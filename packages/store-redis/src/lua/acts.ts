import { NOTICES } from "./notices.ts";
import { PAY } from "./pay.ts";
import { COUNTER, HOLD, HOLDS, LINES, PRELUDE, ROLLING } from "./prelude.ts";
import { SAID } from "./said.ts";
import { SEED } from "./seed.ts";
import { SUBJECTS } from "./subjects.ts";
import { WINDOWS } from "./windows.ts";

/** All that acts are made of. `ARGV[5..9]`: how long things are kept, nothing, a page of seeding, the act's id, the act. */
export const ACT_PARTS: string = `${PRELUDE}${COUNTER}${HOLD}${HOLDS}${ROLLING}${LINES}
local keep = tonumber(A[5])
${WINDOWS}${NOTICES}${PAY}${SUBJECTS}${SEED}${SAID}
local id, act = A[8], A[9]
local function answer(reply) return format('["ok",%d,%d,%s]', now, seq, reply) end
`;

/** `ARGV[10..]`: scope, subject, the new limits or `same`, frozen or `same`. */
export const SET: string = `${ACT_PARTS}
if call('EXISTS', actKey(id)) == 1 then return answer(tellAct('already', id)) end
local scope, subject, user = A[10], A[11], nil
if scope == 'user' then
  user = userOf(subject)
  subject = user
end
local _, limits, frozen = saidOf(scope, subject)
if A[12] ~= 'same' then limits = A[12] end
if A[13] ~= 'same' then frozen = A[13] end
wrote()
say(scope, subject, writeAct(id, act, '', user), limits, frozen, '')
return answer(tellAct('done', id))
`;

/** `ARGV[10..]`: scope, subject, family, start, end, zone, how it counts, facts, amount. */
export const CREDIT: string = `${ACT_PARTS}
if call('EXISTS', actKey(id)) == 1 then return answer(tellAct('already', id)) end
local scope, subject, family, facts, user = A[10], A[11], A[12], A[17], nil
if scope == 'user' then
  user = userOf(subject)
  family, facts = ofSubject(family, facts, subject, user)
  subject = user
end
local c = inForce(family, {start = tonumber(A[13]), ends = tonumber(A[14]), zone = A[15], how = A[16], facts = facts})
if not c then return answer('["stale"]') end
refresh(c)
c.whose = scope .. '\\n' .. subject
local ready = seedAll({c}, {[11] = c.how, [13] = -1})
if not ready then return '["more"]' end
wrote()
if c.new or c.from then begin(c, c.whose) end
if c.seeded then seeded(c) end
c.credit = c.credit + tonumber(A[18])
write(c)
writeAct(id, act, '', user)
return answer(string.gsub(tellAct('done', id), '%]$', ',' .. tell({c}, true) .. ']', 1))
`;

/** `ARGV[10..]`: the hold, its new total. */
export const ADJUST: string = `${ACT_PARTS}
if call('EXISTS', actKey(id)) == 1 then return answer(tellAct('already', id)) end
local h = readHold(A[10])
if not h or h.kind == 'r' then return answer('["refused","unknown"]') end
if h.kind == 'o' then return answer('["refused","open"]') end
local better = h.better or {0, 0, '', 0, 0, 0}
local difference = tonumber(A[11]) - h.nano - better[4] - better[6]
wrote()
better[6] = better[6] + difference
h.better = better
writeHold(h)
payAll(h, followed, 0, {nano = difference, tokens = 0, runs = 0, charged = true, only = 'u'}, h.at)
writeAct(id, act, '{"nano":' .. str(difference) .. '}', userOf(h.user), h, difference)
return answer(tellAct('done', id))
`;
