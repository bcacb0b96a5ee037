/** What operators have said of subjects: version, limits as JSON, whether frozen, alias, between tabs. */
export const SUBJECTS: string = `
local function settingsKey(scope, subject) return base .. 's:' .. scope .. '\\n' .. subject end
local function saidOf(scope, subject)
  local said = call('GET', settingsKey(scope, subject))
  if not said then return '0', '', '', '' end
  return string.match(said, '^(%d+)\\t(.-)\\t(.-)\\t(.*)$')
end

local function tellSaid(said)
  if not said then return '0' end
  local version, limits, frozen, alias = string.match(said, '^(%d+)\\t(.-)\\t(.-)\\t(.*)$')
  return '{"version":' .. version .. (limits == '' and '' or ',"limits":' .. limits)
    .. (frozen == '' and '' or ',"frozen":true') .. (alias == '' and '' or ',"alias":"' .. alias .. '"') .. '}'
end

local function say(scope, subject, version, limits, frozen, alias)
  call('SET', settingsKey(scope, subject), str(version) .. '\\t' .. limits .. '\\t' .. frozen .. '\\t' .. alias)
  call('HSET', KEYS[1], 'settings', '1')
end

-- The user that a name stands for, and all the names of a user.
local function userOf(name)
  local _, _, _, alias = saidOf('user', name)
  return alias == '' and name or alias
end
local function namesOf(user)
  local names = call('SMEMBERS', base .. 'al:' .. user)
  names[#names + 1] = user
  return names
end
`;
