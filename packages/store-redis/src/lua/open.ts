/**
 * Opens the data set: makes it where there is none, and tells by the server's run id whether the
 * server is the one that wrote last. `KEYS[1]`: data set. `ARGV`: the state known (empty at first),
 * writes seen acknowledged, a name for a new data set, `1` where one may be made, `appendfsync`,
 * how many replicas each write waits for, how long a server that may have forgotten something is
 * closed to reserves, the newest layout known, whose tags keys lie under (nothing: one for all).
 *
 * A server that synced every write, and is no replica that took over, has forgotten nothing.
 */
export const OPEN: string = `
local A = ARGV
local info = redis.pcall('INFO')
if type(info) ~= 'string' then info = '' end
local function of(name) return string.match(info, '\\n' .. name .. ':([^\\r\\n]*)') end

local server = of('redis_version')
if server and tonumber(string.match(server, '^%d+')) < 7 then return {'old', server, info} end
local policy = of('maxmemory_policy')
if policy and policy ~= 'noeviction' then return {'evicts', policy, info} end

local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local run = of('run_id') or ''
local meta = redis.call('HMGET', KEYS[1], 'state', 'seq', 'run', 'version', 'epoch', 'generation', 'until', 'tagBy')
local known = A[1] ~= ''
if not meta[1] then
  if known or A[4] ~= '1' then return {'lost', '', info} end
  local state = A[3] .. '/1'
  redis.call('HSET', KEYS[1], 'state', state, 'seq', '0', 'until', '0', 'lines', '0', 'settings', '0',
    'run', run, 'version', A[9] == '' and '1' or '2', 'epoch', A[3], 'generation', '1', 'tagBy', A[9])
  return {'open', state, '0', '0', info, '0'}
end
if tonumber(meta[4]) > tonumber(A[8]) then return {'newer', meta[4], info} end
if (meta[8] or '') ~= A[9] then return {'tags', meta[8] or '', info} end
if known and string.match(A[1], '^[^/]*') ~= meta[5] then return {'lost', meta[1], info} end

-- Where somebody has seen that before, this process only brings back what it knows.
local behind = known and A[1] == meta[1] and tonumber(meta[2]) < tonumber(A[2])
local synced = of('aof_enabled') == '1' and A[5] == 'always'
  and (of('connected_slaves') == '0' or A[6] ~= '0')
  and not string.find(of('master_replid2') or '', '[1-9a-f]')
local restarted = run ~= '' and run ~= meta[3]
local generation = tonumber(meta[6])
if behind or (restarted and not synced) then
  generation = redis.call('HINCRBY', KEYS[1], 'generation', 1)
  meta[1] = meta[5] .. '/' .. string.format('%.0f', generation)
  meta[7] = string.format('%.0f', now + tonumber(A[7]))
  redis.call('HSET', KEYS[1], 'state', meta[1], 'run', run, 'until', meta[7], 'from:' .. generation, meta[2])
elseif restarted then
  redis.call('HSET', KEYS[1], 'run', run)
end
-- What a process was told and the server has forgotten is numbered from here on.
local from = meta[2]
for g = (tonumber(string.match(A[1], '%d+$')) or generation) + 1, generation do
  local at = redis.call('HGET', KEYS[1], 'from:' .. g)
  if at and tonumber(at) < tonumber(from) then from = at end
end
local wait = math.max(0, tonumber(meta[7] or '0') - now)
return {'open', meta[1], meta[2], string.format('%.0f', wait), info, from}
`;
