/** What a batch holds if each of its reserves gets all that it asks for. */
import type { ReserveRequest } from "@assistants-budget/core/store";

/** A claim's part, or the ceiling, with so many output tokens: whole units. Nothing where that can't be counted exactly. */
export function takenBy(
  { fixed, perOutput }: ReserveRequest["ceiling"],
  outputTokens: number,
): number | undefined {
  const thousandths = fixed + perOutput * outputTokens;
  if (fixed < 0 || perOutput < 0 || !Number.isSafeInteger(thousandths)) return undefined;
  const rest = thousandths % 1000;
  return (thousandths - rest) / 1000 + (rest > 0 ? 1 : 0);
}
