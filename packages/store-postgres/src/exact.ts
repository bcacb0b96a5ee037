/** Whole numbers that JavaScript holds exactly: what is sent, and what is answered. */

/**
 * JSON would make null of `NaN` and of `Infinity`, and null means "unlimited" or "no charge".
 *
 * @throws RangeError
 */
export function whole(...amounts: readonly number[]): void {
  const odd = amounts.find((amount) => !Number.isSafeInteger(amount));
  if (odd !== undefined)
    throw new RangeError(`${odd} is no whole number that can be counted exactly.`);
}

/**
 * A sum that JavaScript can't hold exactly is an error, never a nearby number.
 *
 * @throws RangeError
 */
export function exact(amount: number): number {
  if (Number.isSafeInteger(amount)) return amount;
  throw new RangeError(`PostgreSQL counted to ${amount}, which is beyond exact whole numbers.`);
}
