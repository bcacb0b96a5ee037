import { PRELUDE } from "./prelude.ts";

const THREAD = `
local function thread(key)
  local t = call('HMGET', key, 'user', 'created', 'first', 'mark', 'fence', 'run', 'until')
  return t[1] and t or nil
end
`;

/** `KEYS`: data set, the thread, its items. `ARGV[5..]`: user, run, for how long. */
export const OPEN_THREAD: string = `${PRELUDE}${THREAD}
local t = thread(KEYS[2])
if not t or t[1] ~= A[5] then return {'missing', str(now), seq} end
if tonumber(t[7]) > now and t[6] ~= A[6] then return {'busy', str(now), seq, t[7]} end
wrote()
local fence = call('HINCRBY', KEYS[2], 'fence', 1)
call('HSET', KEYS[2], 'run', A[6], 'until', str(now + tonumber(A[7])))
local next = call('LLEN', KEYS[3])
local items = call('LRANGE', KEYS[3], t[3], -1)
return {'open', str(now), seq, str(fence), t[2], str(next), t[3], t[4] or '', items}
`;

/** Keeps a lease, or ends it where the time is empty. `KEYS`: data set, the thread. `ARGV[5..]`: fence, for how long. */
export const RENEW_THREAD: string = `${PRELUDE}${THREAD}
local t = thread(KEYS[2])
if not t or t[5] ~= A[5] or t[7] == '0' then return {'ok', str(now), seq, '0'} end
wrote()
call('HSET', KEYS[2], 'until', A[6] == '' and '0' or str(now + tonumber(A[6])))
return {'ok', str(now), seq, '1'}
`;

/**
 * `KEYS`: data set, the thread, its items, its runs, the run. `ARGV[5..]`: user, the run's id, its
 * name in the thread's runs, when it was created, its record; fence, first, mark, for how long
 * (empty: close), then the items.
 */
export const SAVE_RUN: string = `${PRELUDE}${THREAD}
local ITEMS = 14
wrote()
call('HSET', KEYS[5], 'user', A[5], 'record', A[9])
call('ZADD', KEYS[4], A[8], A[7])
local t, fence = thread(KEYS[2]), A[10]
if not t and fence == '' then
  if #A < ITEMS then return {'saved', str(now), seq, '0', '0'} end
  fence = '1'
  call('HSET', KEYS[2], 'user', A[5], 'created', str(now), 'fence', fence)
elseif not t or t[5] ~= fence then
  return {'stale', str(now), seq}
end
local next = call('LLEN', KEYS[3])
for i = ITEMS, #A do next = call('RPUSH', KEYS[3], A[i]) end
local till = A[13] == '' and '0' or str(now + tonumber(A[13]))
call('HSET', KEYS[2], 'first', A[11], 'mark', A[12], 'run', A[6], 'until', till)
return {'saved', str(now), seq, fence, str(next)}
`;

/** `KEYS`: data set, the run. `ARGV[5]`: user. */
export const RUN: string = `${PRELUDE}
local r = call('HMGET', KEYS[2], 'user', 'record')
return {'ok', str(now), seq, r[1] == A[5] and r[2] or ''}
`;

/** `KEYS`: data set, the thread, its runs. `ARGV[5..]`: user, how many. */
export const RUNS: string = `${PRELUDE}
if call('HGET', KEYS[2], 'user') ~= A[5] then return {'missing', str(now), seq} end
local reply, left = {'ok', str(now), seq}, tonumber(A[6])
for _, id in ipairs(call('ZREVRANGE', KEYS[3], 0, -1)) do
  if left <= 0 then break end
  local r = call('HMGET', base .. 'r:' .. id, 'user', 'record')
  -- Somebody else may have tried to write here: their run's record is theirs.
  if r[1] == A[5] then
    reply[#reply + 1] = r[2]
    left = left - 1
  end
end
return reply
`;

/** `KEYS`: data set, the thread, its items. `ARGV[5]`: user. */
export const ITEMS: string = `${PRELUDE}
if call('HGET', KEYS[2], 'user') ~= A[5] then return {'missing', str(now), seq} end
return {'ok', str(now), seq, call('LRANGE', KEYS[3], 0, -1)}
`;

/** `KEYS`: data set, the thread, its items, its runs. `ARGV[5]`: user. */
export const DELETE_THREAD: string = `${PRELUDE}
if call('HGET', KEYS[2], 'user') ~= A[5] then return {'missing', str(now), seq} end
wrote()
for _, id in ipairs(call('ZRANGE', KEYS[4], 0, -1)) do call('DEL', base .. 'r:' .. id) end
call('DEL', KEYS[2], KEYS[3], KEYS[4])
return {'ok', str(now), seq}
`;
