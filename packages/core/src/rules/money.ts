import { InvalidValue } from "./invalid.ts";

/**
 * Money: whole nano-dollars (1e-9 USD) in a safe integer, never a fraction. Micro-dollars would be
 * too coarse for a few tokens of a cheap model; nano-dollars reach nine million dollars a counter.
 */
export type Nano = number;

const NANO_PER_USD = 1_000_000_000;
const MOST_USD = 9_000_000;

/**
 * Reads an amount in dollars: `'$0.10'`, `'0.1'`, `'$1000'`. No sign, exponent or thousands
 * separator; at most nine decimals and 9,000,000 dollars.
 *
 * @throws InvalidValue for anything else; `path` (default `amount`) says where it stands.
 */
export function parseUsd(text: string, path: string = "amount"): Nano {
  const match = typeof text === "string" ? /^\$?(\d+)(?:\.(\d{1,9}))?$/.exec(text) : null;
  const dollars = Number(match?.[1] ?? Number.NaN);
  const nano = dollars * NANO_PER_USD + Number((match?.[2] ?? "").padEnd(9, "0"));
  // NaN fails the comparison too.
  if (!(dollars <= MOST_USD && nano <= MOST_USD * NANO_PER_USD)) {
    throw new InvalidValue({
      path,
      found: text,
      allowed: "dollars from '$0' to '$9000000' with at most nine decimals, such as '$0.10'",
    });
  }
  return nano;
}

/**
 * Dollars as a decimal string without `$`: at least two decimals, further ones only as needed
 * (`'0.10'`, `'5.00'`, `'0.000135'`). Negative amounts occur in corrections: `'-0.01'`.
 */
export function formatUsd(nano: Nano): string {
  const size = Math.abs(nano);
  const rest = size % NANO_PER_USD;
  // The remainder goes first: a quotient of two large numbers would be rounded.
  const dollars = (size - rest) / NANO_PER_USD;
  const decimals = String(rest)
    .padStart(9, "0")
    .replace(/0{1,7}$/, "");
  return `${nano < 0 ? "-" : ""}${dollars}.${decimals}`;
}

/**
 * The sum of two amounts.
 *
 * @throws RangeError beyond safe integers: a wrong sum must never pass for money.
 */
export function addNano(a: Nano, b: Nano): Nano {
  const sum = a + b;
  if (!Number.isSafeInteger(sum)) {
    throw new RangeError(`${a} + ${b} nano-dollars can't be counted exactly.`);
  }
  return sum;
}

/**
 * Picodollars (1e-12 USD) as nano-dollars, rounded up to the next whole one.
 *
 * @throws RangeError beyond safe integers.
 */
export function picoToNano(pico: bigint): Nano {
  const cut = pico / 1000n;
  // BigInt division cuts towards zero, which is already "up" for a negative amount.
  const nano = Number(pico > cut * 1000n ? cut + 1n : cut);
  if (!Number.isSafeInteger(nano)) {
    throw new RangeError(`${pico} picodollars can't be counted exactly in nano-dollars.`);
  }
  return nano;
}
