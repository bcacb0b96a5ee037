import { COUNTER, HOLD, HOLDS, PRELUDE } from "./prelude.ts";
import { SUBJECTS } from "./subjects.ts";

/**
 * A page of lines. `ARGV[5..]`: user or empty, run or empty, after which line, how many. Answers
 * texts; a line of an act is told apart by an empty hold.
 */
export const LINES_PAGE: string = `${PRELUDE}${COUNTER}${HOLD}${HOLDS}${SUBJECTS}
local user, run, after, limit = A[5], A[6], tonumber(A[7]), tonumber(A[8])
local reply, count = {'ok', str(now), str(seq)}, tonumber(meta[4])
local function at(n)
  return call('LINDEX', base .. 'lines:' .. math.floor((n - 1) / 1000), math.fmod(n - 1, 1000))
end
local function add(n, text)
  local kind, name = string.sub(text, 1, 1), string.sub(text, 2)
  if kind == 'a' then
    local _, written, act, more = cmsgpack.unpack(call('GET', base .. 'act:' .. name))
    reply[#reply + 1] = {str(n), '', kind, str(written), act, more}
    return
  end
  local h = readHold(name)
  local line = {str(n), h.facts, kind, str(h.at), h.charge, '', h.user, str(h.ceiling)}
  if kind == 'k' then line[9], line[10] = str(h.better[2]), h.better[3] end
  reply[#reply + 1] = line
end

if user == '' and run == '' then
  local n = after + 1
  while n <= count and #reply < limit + 3 do
    for _, text in ipairs(call('LRANGE', base .. 'lines:' .. math.floor((n - 1) / 1000), math.fmod(n - 1, 1000), math.fmod(n - 1, 1000) + limit - 1)) do
      if #reply < limit + 3 then add(n, text) end
      n = n + 1
    end
  end
  reply[2] = #reply == limit + 3 and str(after + limit) or ''
  return reply
end

-- The numbers in an index grow: the place of the first one wanted is found by halving.
local function from(index)
  local low, high = 0, call('LLEN', index)
  while low < high do
    local middle = math.floor((low + high) / 2)
    if tonumber(call('LINDEX', index, middle)) > after then high = middle else low = middle + 1 end
  end
  return call('LRANGE', index, low, low + limit - 1)
end

local whose = {}
if user ~= '' then
  user = userOf(user)
  whose[user] = true
  for _, alias in ipairs(call('SMEMBERS', base .. 'al:' .. user)) do whose[alias] = true end
end
local numbers = {}
if run ~= '' then
  for _, n in ipairs(from(base .. 'lines:run:' .. run)) do numbers[#numbers + 1] = tonumber(n) end
else
  for name in pairs(whose) do
    for _, n in ipairs(from(base .. 'lines:user:' .. name)) do numbers[#numbers + 1] = tonumber(n) end
  end
  table.sort(numbers)
end
for i = 1, math.min(limit, #numbers) do
  local n = numbers[i]
  local text = at(n)
  if run == '' or string.sub(text, 1, 1) ~= 'a' then
    add(n, text)
    if run ~= '' and user ~= '' and not whose[reply[#reply][7]] then reply[#reply] = nil end
  end
end
-- Where the page was full there may be more after its last line, whatever of it was left out.
reply[2] = #numbers >= limit and str(numbers[limit]) or ''
return reply
`;
