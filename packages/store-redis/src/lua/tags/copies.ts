import { PRELUDE } from "../prelude.ts";

/** Remembers whose settings all tags have. `ARGV[5..]`: their keys; none to look only. Answers each key and what was said. */
export const SHARED: string = `${PRELUDE}
local key = base .. 'shared'
for i = 5, #A do
  if call('SADD', key, A[i]) == 1 and i == 5 then wrote() end
end
local reply = {'ok', str(now), str(seq)}
for _, whose in ipairs(call('SMEMBERS', key)) do
  local said = call('GET', base .. 's:' .. whose)
  if said then reply[#reply + 1], reply[#reply + 2] = whose, said end
end
return reply
`;

/**
 * Copies settings, where they are newer than those here. Versions from 2^40 on are of what was said
 * before the user had a tag: all that was said here is newer. `ARGV[5..]`: each key and what was said.
 */
export const COPY: string = `${PRELUDE}
local function versionOf(said) return said and tonumber(string.match(said, '^%d+')) or 0 end
local changed = false
for i = 5, #A, 2 do
  local key = base .. 's:' .. A[i]
  local here, copy = versionOf(call('GET', key)), versionOf(A[i + 1])
  if copy > here and (copy < 1099511627776 or here == 0 or here >= 1099511627776) then
    call('SET', key, A[i + 1])
    changed = true
  end
end
if changed then
  wrote()
  call('HSET', KEYS[1], 'settings', '1')
end
return format('["ok",%d,%d]', now, seq)
`;
