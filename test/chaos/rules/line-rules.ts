import type { LedgerLine } from "@assistants-budget/core";
import { few } from "../broken-rule.ts";
import type { Aftermath } from "../ending.ts";

const SLACK_MS = 2_000;

/** Every line is dated by the store, seen once and never lost, whatever the processes' clocks said. */
export function checkLines(
  { sampled, startedAt, tell }: Aftermath,
  lines: readonly LedgerLine[],
  endedAt: number,
): void {
  const odd = lines.filter(({ at }) => at < startedAt - SLACK_MS || at > endedAt + SLACK_MS);
  if (odd.length > 0) {
    const dates = few(odd.map(({ id, at }) => `${id} at ${new Date(at).toISOString()}`));
    tell("clocks", `${odd.length} lines are dated outside the run: ${dates}`);
  }
  // Read page by page while others wrote, they are the first of those that stand there now.
  const now = lines.map(({ id }) => id);
  const seen = sampled.lines.map(({ id }) => id);
  const wrong = seen.filter((id, i) => id !== now[i]);
  if (wrong.length > 0)
    tell("lines", `${wrong.length} of ${seen.length} lines stand elsewhere than they were seen`);
}
