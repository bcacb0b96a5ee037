import { ACT_PARTS } from "./acts.ts";
import { MOVING } from "./merge.ts";

const RENAME = `
-- Whether a counter's name is one of the user's; then the name without the user.
local function stemOf(family, names)
  for _, name in ipairs(names) do
    if sub(family, 1, 5) == 'user|' and #family > #name and sub(family, -#name - 1) == '|' .. name then
      return sub(family, 1, #family - #name)
    end
  end
end

-- Under a pseudonym that was given before, sums come together: no two windows of a family overlap.
local function rename(family, name, pseudonym)
  for _, c in ipairs(windowsOf(family)) do
    local other, facts = ofSubject(c.family, c.facts, name, pseudonym)
    local target
    for _, one in ipairs(windowsOf(other)) do
      if one.start < c.ends and c.start < one.ends and (not target or one.start <= now and now < one.ends) then target = one end
    end
    refresh(c)
    if target then
      pour(c, refresh(target))
      write(target)
    else
      target = {}
      for key, value in pairs(c) do target[key] = value end
      target.family, target.facts = other, facts
      call('SADD', base .. 'f:user\\n' .. pseudonym, other)
      if c.beside then putBeside(target)
      else
        target.key, target.old = counterKey(other), read(counterKey(other), other)
        if target.old then putBeside(target.old) end
        write(target)
        local again = lookAgain(target)
        if again then call('ZADD', base .. 'ends', again, other) end
      end
    end
    leave(c, target)
  end
  forgetFamily(family, name)
end
`;

/**
 * First what is the user's own goes, and the line is written; then come its lines, a page a call,
 * until all have the pseudonym. What is left to do is kept under a name of its own, so that whoever
 * says it again goes on. `ARGV[10..]`: the user, the pseudonym, the user in the act's text.
 */
export const FORGET: string = `${ACT_PARTS}${MOVING}${RENAME}
local job, pseudonym = base .. 'forget:' .. id, A[11]
if call('EXISTS', actKey(id)) == 1 and call('EXISTS', job) == 0 then return answer(tellAct('already', id)) end

if call('EXISTS', job) == 0 then
  local user = userOf(A[10])
  for _, name in ipairs(call('ZRANGE', base .. 'holds', 0, -1)) do
    if userOf(readHold(name).user) == user then return answer('["refused","open"]') end
  end
  local names = namesOf(user)
  wrote()
  call('HINCRBY', KEYS[1], 'forgets', 1)
  local lists = {}
  for i, name in ipairs(names) do
    for _, family in ipairs(familiesOf(name)) do rename(family, name, pseudonym) end
    for _, run in ipairs(call('SMEMBERS', base .. 'ur:' .. name)) do
      if userOf(call('HGET', base .. 'r:' .. run, 'user') or '') == user then call('DEL', base .. 'r:' .. run) end
    end
    for _, thread in ipairs(call('SMEMBERS', base .. 'ut:' .. name)) do
      if userOf(call('HGET', base .. 't:' .. thread, 'user') or '') == user then
        call('DEL', base .. 't:' .. thread, base .. 'i:' .. thread, base .. 'tr:' .. thread)
      end
    end
    call('DEL', base .. 'ur:' .. name, base .. 'ut:' .. name)
    -- The old list becomes one of the pseudonym's, under a name that nobody can have.
    local list = base .. 'lines:user:' .. name
    if call('EXISTS', list) == 1 then
      local own = '\\t' .. (lines + 1) .. '\\t' .. i
      call('RENAME', list, base .. 'lines:user:' .. own)
      call('SADD', base .. 'al:' .. pseudonym, own)
      lists[#lists + 1] = own
    end
  end
  for _, name in ipairs(names) do call('DEL', settingsKey('user', name), base .. 'al:' .. name) end
  for _, one in ipairs(call('ZRANGE', base .. 'notices', 0, -1)) do
    if stemOf(match(one, '^%d+|%d+|%d+|(.*)$'), names) then
      call('ZREM', base .. 'notices', one)
      call('HDEL', base .. 'notice', one)
      call('HDEL', base .. 'noticed', one)
    end
  end
  writeAct(id, act, '', pseudonym)
  call('SET', job, cmsgpack.pack({names = names, lists = lists, list = 1, at = 0}))
end

local function replaced(text, names)
  for _, name in ipairs(names) do
    for _, ending in ipairs({'"subject":"', '"into":"'}) do
      local from, till = string.find(text, ending .. name .. '"', 1, true)
      if from then text = sub(text, 1, from - 1) .. ending .. pseudonym .. '"' .. sub(text, till + 1) end
    end
    local at = 1
    while true do
      local from, till = string.find(text, '"family":"user|', at, true)
      if not from then break end
      local ends = string.find(text, '"', till + 1, true)
      local family = sub(text, till - 4, ends - 1)
      local stem = stemOf(family, {name})
      if stem then text = sub(text, 1, till - 5) .. stem .. pseudonym .. sub(text, ends) end
      at = till + 1
    end
  end
  return text
end

local todo, left = cmsgpack.unpack(call('GET', job)), tonumber(A[7])
while todo.lists[todo.list] and left > 0 do
  local page = call('LRANGE', base .. 'lines:user:' .. todo.lists[todo.list], todo.at, todo.at + left - 1)
  for _, n in ipairs(page) do
    local kind, name = kindAndName(textOfLine(n))
    if kind == 'a' then
      local line, at, text, more, hold, nano = cmsgpack.unpack(call('GET', actKey(name)))
      call('SET', actKey(name), cmsgpack.pack(line, at, replaced(text, todo.names), replaced(more, todo.names), hold, nano))
    else
      local h = readHold(name)
      h.user = pseudonym
      for i = 1, #h.entries, 4 do
        local start, family = h.entries[i], h.entries[i + 3]
        local c = stemOf(family, todo.names) and followed(family, start)
        if c then h.entries[i], h.entries[i + 3] = c.start, c.family
        elseif stemOf(family, todo.names) then h.entries[i + 3] = stemOf(family, todo.names) .. pseudonym end
      end
      writeHold(h)
    end
  end
  todo.at, left = todo.at + #page, left - #page
  if todo.at >= call('LLEN', base .. 'lines:user:' .. todo.lists[todo.list]) then todo.list, todo.at = todo.list + 1, 0 end
end
if todo.lists[todo.list] then
  call('SET', job, cmsgpack.pack(todo))
  return '["more"]'
end
call('DEL', job)
return answer(tellAct('done', id))
`;
