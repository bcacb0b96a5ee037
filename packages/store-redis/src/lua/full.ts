import { ADMIT } from "./admit.ts";
import { NOTICES } from "./notices.ts";
import { PAY } from "./pay.ts";
import { COUNTER, HOLD, HOLDS, LINES, PRELUDE, ROLLING } from "./prelude.ts";
import { SEED } from "./seed.ts";
import { SUBJECTS } from "./subjects.ts";
import { WINDOWS } from "./windows.ts";

const RESERVE = `
local function versions(subjects)
  local changed = {}
  for i = 1, #subjects, 2 do
    local said = call('GET', base .. 's:' .. subjects[i])
    if (said and tonumber(string.match(said, '^%d+')) or 0) ~= subjects[i + 1] then
      changed[#changed + 1] = format('[%d,%s]', (i - 1) / 2, tellSaid(said))
    end
  end
  return changed
end

local function reserve(r, kept, first)
  local count, replayed = r[9], A[6] == '1'
  if meta[3] ~= '0' and not replayed then
    local time = call('TIME')
    if time[1] * 1000 + time[2] / 1000 < tonumber(meta[3]) then return nil end
    call('HSET', KEYS[1], 'until', '0')
    meta[3] = '0'
  end
  local before = readHold(r[2])
  if before then
    if before.kind ~= 'o' then return '["ended"]' end
    local windows = {}
    for i = 1, #before.entries, 4 do
      local c = locate(before.entries[i + 3], before.entries[i])
      if c then windows[#windows + 1] = refresh(c) end
    end
    return format('["again",%d,%s,%s]', before.granted, call('ZSCORE', base .. 'holds', r[2]), tell(windows, true))
  end
  if not replayed then
    local changed = versions(r[8])
    if #changed > 0 then return '["settings",[' .. table.concat(changed, ',') .. ']]' end
  end

  local found, at, min, max = {}, 10, r[4], r[5]
  for i = 1, count do
    local whose, facts = A[first + 2 * i], A[first + 1 + 2 * i]
    local c = inForce(r[at], {start = r[at + 6], ends = r[at + 7], zone = r[at + 8], how = r[at + 1], facts = facts})
    if not c then return '["stale"]' end
    refresh(c)
    c.whose, found[i], at = whose, c, at + 9
  end
  local ready = seedAll(found, r)
  if not ready then return 'more' end

  local granted, refused, fits, amounts = max, nil, {}, {}
  at = 10
  for i = 1, count do
    local c, most, limit, fixed, perOutput = found[i], max, r[at + 2], r[at + 4], r[at + 5]
    amounts[i] = amount(fixed, perOutput, max)
    if limit >= 0 then
      local room = math.min(limit + c.credit, EXACT) - c.spent - c.held
      if amounts[i] > room then
        most = fit(room, fixed, perOutput, max)
        if most < min then
          refused = refused or {}
          refused[#refused + 1] = i
        end
        granted = math.min(granted, most)
      end
    end
    fits[i], at = str(math.max(most, 0)), at + 9
  end

  if refused then
    local noticed = false
    for i, one in ipairs(refused) do
      local c, o = found[one], 10 + 9 * (one - 1)
      local cap, needs = r[o + 3], amount(r[o + 4], r[o + 5], min)
      local limit = cap + c.credit
      if cap >= 0 and needs <= limit and c.spent + needs > limit and notice(c, cap, match(kept, '^[^\\t]*\\t[^\\t]*\\t[^\\t]*\\t([^\\t]*)'), true) then
        noticed = true
        if c.new or c.from then begin(c, c.whose) end
        if c.seeded then seeded(c) end
        write(c)
      end
      refused[i] = one - 1
    end
    if noticed then wrote() end
    return format('["refused",[%s],[%s],%s,%d]', table.concat(refused, ','), table.concat(fits, ','),
      tell(found, false), noticed and 1 or 0)
  end

  local ceiling, entries = amount(r[6], r[7], granted), {}
  if ceiling > EXACT then return '["uncountable"]' end
  at = 10
  for i = 1, count do
    local c = found[i]
    if granted < max then amounts[i] = amount(r[at + 4], r[at + 5], granted) end
    c.held = c.held + amounts[i]
    if c.held > EXACT then return '["uncountable"]' end
    at = at + 9
  end
  wrote()
  at = 10
  for i = 1, count do
    local c = found[i]
    if c.new or c.from then begin(c, c.whose) end
    if r[at + 3] >= 0 then c.cap = r[at + 3] end
    if c.seeded then seeded(c) end
    write(c)
    local e = #entries
    entries[e + 1], entries[e + 2], entries[e + 3], entries[e + 4] = c.start, amounts[i], r[at + 3], c.family
    at = at + 9
  end
  local expires, user, run, who, thresholds, facts = now + r[3], match(kept, KEPT)
  writeHold({
    id = r[2], kind = 'o', granted = granted, ceiling = ceiling, created = now, response = '', user = user, run = run,
    who = who, thresholds = thresholds, facts = sub(kept, facts), entries = entries,
  })
  call('ZADD', base .. 'holds', expires, r[2])
  return format('["held",%d,%d,%s]', granted, expires, tell(found, false))
end
`;

const FINISH = `
local function finish(r, charge)
  local h = readHold(r[2])
  if not h then return '["unknown"]' end
  local nano, tokens, known = r[3], r[4], r[5]
  if h.kind == 'r' then return '["already"]' end

  if h.kind == 'o' then
    wrote()
    call('ZREM', base .. 'holds', h.id)
    if charge == '' then
      call('SET', holdKey(h.id), 'r', 'PX', A[5])
      return '["released",' .. payAll(h, locate, -1, {nano = 0, tokens = 0, runs = 0}, now) .. ']'
    end
    h.kind, h.line, h.at, h.charge, h.nano, h.tokens, h.assumed = 's', writeLine('c' .. h.id, h.user, h.run), now, charge, nano, tokens, known
    save()
    writeHold(h)
    local windows, noticed = payAll(h, locate, -1, {nano = nano, tokens = tokens, runs = 1, charged = true}, now)
    return format('["settled",%d,%d,"%s",%s,%s,%d]', h.line, h.ceiling, h.user, h.facts, windows, noticed)
  end

  local was = format('%d,%d,"%s",%s,%s,%d', h.line, h.ceiling, h.user, h.facts, h.charge, h.at)
  if charge == '' or h.better or known == 1 or h.assumed ~= 1 then return '["already",' .. was .. ']' end

  -- Better knowledge of an assumed charge: the difference, dated as the charge was.
  wrote()
  local line = writeLine('k' .. h.id, h.user, h.run)
  save()
  h.better = {line, now, charge, nano - h.nano, tokens - h.tokens, 0}
  writeHold(h)
  local windows, noticed = payAll(h, followed, 0,
    {nano = nano - h.nano, tokens = tokens - h.tokens, runs = 0, charged = true}, h.at)
  return format('["corrected",%s,%d,%s,%d]', was, line, windows, noticed)
end
`;

/**
 * The calls that `HOT` leaves, and the first in a window: it begins windows, seeds them, refuses,
 * corrects, notices. One that has to wait or to be carried on is answered `0` in company, and says
 * why when it comes alone. `ARGV[5..]`: how long things are kept, `1` where a process brings back
 * what the server forgot, the length of a page of seeding; then each call's two texts, and two a
 * claim: whose its family is, its facts.
 */
export const FULL: string = `${PRELUDE}${COUNTER}${HOLD}${HOLDS}${ROLLING}${LINES}${ADMIT}
local keep = tonumber(A[5])
${WINDOWS}${NOTICES}${PAY}${SUBJECTS}${SEED}${RESERVE}${FINISH}
local replies, at = {}, 8
while at <= #A do
  local r, reply = cjson.decode(A[at]), nil
  if r[1] == 0 then reply = reserve(r, A[at + 1], at) else reply = finish(r, A[at + 1]) end
  at = at + 2 + (r[1] == 0 and 2 * r[9] or 0)
  if not reply or reply == 'more' then
    if #replies == 0 and at > #A then return reply and '["more"]' or '["recovering"]' end
    reply = '0'
  end
  replies[#replies + 1] = reply
end
return format('["ok",%d,%d,%s]', now, seq, table.concat(replies, ','))
`;
