/** Notices of windows that fill up, as `noticesOf` and `reachedThresholds` have them. */
export const NOTICES: string = `
-- So many thousandths of a limit, rounded up.
local function amountAt(threshold, limit)
  local rest = math.fmod(limit, 1000)
  return (limit - rest) / 1000 * threshold + math.ceil(rest * threshold / 1000)
end

-- Writes the notices that a window is due, and into the window what was last noticed. Says whether there were any.
local function notice(c, cap, thresholds, exhausted)
  if cap < 0 then return false end
  local limit, from = cap + c.credit, c.threshold
  local rolling = #c.how > 1
  if from > 0 and (limit > c.noticed or (rolling and now - c.noticedAt >= lengthOf(c.how))) then from = 0 end
  local reached = nil
  for text in string.gmatch(thresholds, '%d+') do
    local one = tonumber(text)
    if one > from and (exhausted or c.spent >= amountAt(one, limit)) then
      reached = one
      local id = format('%d|%d|%d|%s', one, limit, rolling and now or c.start, c.family)
      local number = call('HINCRBY', KEYS[1], 'notices', 1)
      call('ZADD', base .. 'notices', 'NX', number, id)
      call('HSET', base .. 'notice', id, format('["%s",%d,%d,[%s],%d,%d]', id, now, one, tell({c}, true), limit, c.spent))
    end
  end
  if not reached then return false end
  c.noticed, c.noticedAt, c.threshold = limit, now, reached
  return true
end
`;
