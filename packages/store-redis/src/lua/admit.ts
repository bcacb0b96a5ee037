/**
 * The admission, in doubles that are never rounded: amounts are taken apart into thousands, so that
 * every product that can be granted stays below 2^53, and one that does not is larger than any limit.
 */
export const ADMIT: string = `
local fmod, ceil = math.fmod, math.ceil

-- ceil((fixed + perOutput * n) / 1000)
local function amount(fixed, perOutput, n)
  local plain = fixed + perOutput * n
  -- Up to here a quotient keeps its last thousandth.
  if plain <= 1000000000000000 then return ceil(plain / 1000) end
  local f, p, m = fmod(fixed, 1000), fmod(perOutput, 1000), fmod(n, 1000)
  return (fixed - f) / 1000 + (perOutput - p) / 1000 * n + p * ((n - m) / 1000)
    + ceil((f + p * m) / 1000)
end

-- The most output tokens below max that fit into so much room; -1 if not even the fixed part does.
local function fit(room, fixed, perOutput, max)
  if room < 0 or amount(fixed, perOutput, 0) > room then return -1 end
  if room * 1000 <= EXACT then
    local rest = room * 1000 - fixed
    return (rest - fmod(rest, perOutput)) / perOutput
  end
  local low, high = 0, max
  while high - low > 1 do
    local middle = low + math.floor((high - low) / 2)
    if amount(fixed, perOutput, middle) <= room then low = middle else high = middle end
  end
  return low
end
`;
