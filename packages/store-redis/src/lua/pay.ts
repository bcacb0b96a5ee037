/** Ending holds: what was spent goes in the place of what was held. Needs windows and notices. */
export const PAY: string = `
local function pay(c, spent, held, at)
  c.held = c.held + held
  if #c.how > 1 then
    c.tail, c.spent, c.frees = intoBucket(c.tail, c.how, spent, at)
  else
    c.spent = plus(c.spent, spent)
  end
end

-- Pays in every window of a hold. Answers the windows as they then stand, and whether a notice was written.
local function payAll(h, find, held, paid, at)
  local found, noticed = {}, 0
  for i = 1, #h.entries, 4 do
    local c = find(h.entries[i + 3], h.entries[i])
    -- A window that is gone ended longer ago than anything is kept: there is nothing to pay in.
    if c and (not paid.only or paid.only == sub(c.how, 1, 1)) then
      local amount, letter = h.entries[i + 1], sub(c.how, 1, 1)
      local takes = letter == 'u' and paid.nano or letter == 't' and paid.tokens or amount * paid.runs
      refresh(c)
      pay(c, takes, held * amount, at)
      if paid.charged and notice(c, h.entries[i + 2], h.thresholds, false) then noticed = 1 end
      write(c)
      found[#found + 1] = c
    end
  end
  return tell(found, true), noticed
end

local function save() call('HSET', KEYS[1], 'lines', str(lines)) end
`;
