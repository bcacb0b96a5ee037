/** Lines of acts: where they stand, when, what was said, what came of it, of an adjustment its hold and the difference. */
export const SAID: string = `
local function actKey(id) return base .. 'act:' .. id end

local function tellAct(kind, id)
  local line, at, act, more = cmsgpack.unpack(call('GET', actKey(id)))
  return format('["%s",%d,%d,%s,%s]', kind, line, at, act, more == '' and '0' or more)
end

local function writeAct(id, act, more, user, hold, nano)
  local line = writeLine('a' .. id, user, hold and hold.run)
  call('HSET', KEYS[1], 'lines', str(lines))
  call('SET', actKey(id), cmsgpack.pack(line, now, act, more, hold and hold.id or '', nano or 0))
  return line
end
`;
