import { PRELUDE } from "../prelude.ts";

/**
 * Takes a tag into the list. `ARGV[5..]`: the tag, and the name of its data set once it has one.
 * Answers the name that is known, empty at first.
 */
export const ENLIST: string = `${PRELUDE}
local key, tag, set = base .. 'tags', A[5], A[6]
local known = call('HGET', key, tag)
if not known or (set ~= '' and set ~= known) then
  wrote()
  call('HSET', key, tag, set)
end
return {'ok', str(now), str(seq), known or ''}
`;

/** Answers all tags. */
export const TAGS: string = `${PRELUDE}
local reply = {'ok', str(now), str(seq)}
for _, tag in ipairs(call('HKEYS', base .. 'tags')) do reply[#reply + 1] = tag end
return reply
`;

/**
 * Where a user is: by a digest, so that nobody's name stands here. A place never changes: who was
 * forgotten and comes back finds the same one. `ARGV[5..]`: the user, the tag or nothing to look only
 * (tags stand with a letter before them). Answers the tag, and what operators have said of the user here.
 */
export const PLACE: string = `${PRELUDE}
local key = base .. 'users'
local name = redis.sha1hex(string.match(meta[1], '^[^/]*') .. '\\n' .. A[5])
local tag = call('HGET', key, name)
if not tag and A[6] ~= '' then
  tag = A[6]
  wrote()
  call('HSET', key, name, tag)
end
return {'ok', str(now), str(seq), tag or '', call('GET', base .. 's:user\\n' .. A[5]) or ''}
`;

/** Whether an act was said here. `ARGV[5]`: its id. */
export const SAID_HERE: string = `${PRELUDE}
return format('["ok",%d,%d,%d]', now, seq, call('EXISTS', base .. 'act:' .. A[5]))
`;
