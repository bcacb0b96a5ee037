import { PRELUDE } from "./prelude.ts";
import { SUBJECTS } from "./subjects.ts";

const THREAD = `${SUBJECTS}
-- Whether a name is a user's, or stands for it.
local function isOf(name, user) return name and userOf(name) == userOf(user) end
local function thread(key)
  local t = call('HMGET', key, 'user', 'created', 'first', 'mark', 'fence', 'run', 'until')
  return t[1] and t or nil
end
`;

/** `KEYS`: data set, the thread, its items. `ARGV[5..]`: user, run, for how long. */
export const OPEN_THREAD: string = `${PRELUDE}${THREAD}
local t = thread(KEYS[2])
if not t or not isOf(t[1], A[5]) then return {'missing', str(now), str(seq)} end
if tonumber(t[7]) > now and t[6] ~= A[6] then return {'busy', str(now), str(seq), t[7]} end
wrote()
local fence = call('HINCRBY', KEYS[2], 'fence', 1)
call('HSET', KEYS[2], 'run', A[6], 'until', str(now + tonumber(A[7])))
local next = call('LLEN', KEYS[3])
local items = call('LRANGE', KEYS[3], t[3], -1)
return {'open', str(now), str(seq), str(fence), t[2], str(next), t[3], t[4] or '', items, userOf(t[1])}
`;

/** Keeps a lease, or ends it where the time is empty. `KEYS`: data set, the thread. `ARGV[5..]`: fence, for how long. */
export const RENEW_THREAD: string = `${PRELUDE}${THREAD}
local t = thread(KEYS[2])
if not t or t[5] ~= A[5] or t[7] == '0' then return {'ok', str(now), str(seq), '0'} end
wrote()
call('HSET', KEYS[2], 'until', A[6] == '' and '0' or str(now + tonumber(A[6])))
return {'ok', str(now), str(seq), '1'}
`;

/**
 * `KEYS`: data set, the thread, its items, its runs, the run. `ARGV[5..]`: user, the run's id, its
 * name in the thread's runs, when it was created, its record; fence, from, first, mark, for how
 * long (empty: close), what the run's items begin with, the thread's name, then the items.
 */
export const SAVE_RUN: string = `${PRELUDE}${THREAD}
local ITEMS = 17
local asked, from, count = A[10], tonumber(A[11]), #A - ITEMS + 1
local function record()
  wrote()
  local user = userOf(A[5])
  call('HSET', KEYS[5], 'user', user, 'record', A[9])
  call('SADD', base .. 'ur:' .. user, A[7])
  call('ZADD', KEYS[4], A[8], A[7])
end
if asked == '' and count == 0 then
  record()
  return {'saved', str(now), str(seq), '0', '0'}
end
local t = thread(KEYS[2])
if not t and asked == '' and from == 0 then
  t = {A[5], nil, nil, nil, '1'}
  call('HSET', KEYS[2], 'user', userOf(A[5]), 'created', str(now), 'fence', '1')
  call('SADD', base .. 'ut:' .. userOf(A[5]), A[16])
end
if not t or not isOf(t[1], A[5]) then return {'gone', str(now), str(seq)} end
record()
local fence = asked == '' and '1' or asked
local stored, next = call('LLEN', KEYS[3]), from + count
local saved = {'saved', str(now), str(seq), fence, str(next)}
local function own(at)
  local item = call('LINDEX', KEYS[3], at)
  return item and string.sub(item, 1, #A[15]) == A[15]
end
local begun = count > 0 and own(from)
local leads = t[5] == fence
local leased = t[6] == A[6] and t[7] ~= '0'
if begun and own(next - 1) and not (leads and leased) then return saved end
if not leads or not (begun or (stored == from and (from == 0 or asked ~= ''))) then
  return {'stale', str(now), str(seq)}
end
for i = ITEMS + stored - from, #A do call('RPUSH', KEYS[3], A[i]) end
local till = A[14] == '' and '0' or str(now + tonumber(A[14]))
call('HSET', KEYS[2], 'first', A[12], 'mark', A[13], 'run', A[6], 'until', till)
return saved
`;

/** `KEYS`: data set, the run. `ARGV[5]`: user. */
export const RUN: string = `${PRELUDE}${THREAD}
local r = call('HMGET', KEYS[2], 'user', 'record')
return {'ok', str(now), str(seq), isOf(r[1], A[5]) and r[2] or '', userOf(A[5])}
`;

/** `KEYS`: data set, the thread, its runs. `ARGV[5..]`: user, how many. */
export const RUNS: string = `${PRELUDE}${THREAD}
if not isOf(call('HGET', KEYS[2], 'user'), A[5]) then return {'missing', str(now), str(seq)} end
local reply, left = {'ok', userOf(A[5]), str(seq)}, tonumber(A[6])
for _, id in ipairs(call('ZREVRANGE', KEYS[3], 0, -1)) do
  if left <= 0 then break end
  local r = call('HMGET', base .. 'r:' .. id, 'user', 'record')
  -- Somebody else's run may have failed before it came here: its record is theirs.
  if isOf(r[1], A[5]) then
    reply[#reply + 1] = r[2]
    left = left - 1
  end
end
return reply
`;

/** `KEYS`: data set, the thread, its items. `ARGV[5]`: user. */
export const ITEMS: string = `${PRELUDE}${THREAD}
if not isOf(call('HGET', KEYS[2], 'user'), A[5]) then return {'missing', str(now), str(seq)} end
return {'ok', str(now), str(seq), call('LRANGE', KEYS[3], 0, -1)}
`;

/** `KEYS`: data set, the thread, its items, its runs. `ARGV[5]`: user. */
export const DELETE_THREAD: string = `${PRELUDE}${THREAD}
if not isOf(call('HGET', KEYS[2], 'user'), A[5]) then return {'missing', str(now), str(seq)} end
wrote()
for _, id in ipairs(call('ZRANGE', KEYS[4], 0, -1)) do
  local user = call('HGET', base .. 'r:' .. id, 'user')
  if user then call('SREM', base .. 'ur:' .. user, id) end
  call('DEL', base .. 'r:' .. id)
end
call('SREM', base .. 'ut:' .. call('HGET', KEYS[2], 'user'), A[6])
call('DEL', KEYS[2], KEYS[3], KEYS[4])
return {'ok', str(now), str(seq)}
`;
