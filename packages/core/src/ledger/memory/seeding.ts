/** The first window of a period that a later deploy brought: it begins with what has happened in it so far. */
import { isOf, spentOf } from "../entries.ts";
import type { HoldFacts, WindowAt } from "../store.ts";
import { type Counter, addSpent } from "./counters.ts";
import { isIn } from "./families.ts";
import { type Hold, takeAlso } from "./holds.ts";
import type { MemoryState } from "./state.ts";

type Past = Pick<MemoryState, "families" | "holds" | "lines" | "settings">;

/**
 * The counter in force, or a new one that is begun with a hold; seeded, if its family is new to a
 * subject that is not. Nothing where `now` lies outside the window asked for.
 */
export function counterFor(
  past: Past,
  at: WindowAt & { readonly cap?: number | null },
  now: number,
): Counter | undefined {
  const counter = past.families.inForce(at, now);
  if (counter && !counter.begun && past.families.isNewTo(at)) seed(counter, past, { now, at });
  return counter;
}

function seed(
  counter: Counter,
  { holds, lines, settings }: Past,
  {
    now,
    at: { cap = null },
  }: { readonly now: number; readonly at: { readonly cap?: number | null } },
): void {
  const { scope, subject, unit, rollingMs } = counter.at;
  const counts = (facts: HoldFacts): boolean =>
    scope === "user" ? settings.userOf(facts.user) === subject : isOf(facts, scope, subject);
  const isDated = (moment: number): boolean =>
    rollingMs === undefined ? isIn(counter.at, moment) : moment > now - rollingMs;
  const add = (amount: number, moment: number): void => addSpent(counter, amount, moment);

  /** When each hold was charged that counts. */
  const charged = new Map<string, number>();
  const runs = new Set<string>();
  for (const line of lines.all()) {
    if (line.kind === "charge") {
      if (!isDated(line.at) || !counts(line.facts)) continue;
      charged.set(line.hold, line.at);
      const isCounted = unit === "runs" && runs.has(line.facts.run);
      add(spentOf({ unit, amount: isCounted ? 0 : 1 }, line.charge), line.at);
      runs.add(line.facts.run);
    } else if (line.kind === "correction") {
      const moment = charged.get(line.hold);
      if (moment !== undefined) add(spentOf({ unit, amount: 0 }, line.charge), moment);
    } else if (line.kind === "adjustment" && line.act.kind === "adjustment" && unit === "usd") {
      const moment = charged.get(line.act.hold);
      if (moment !== undefined) add(line.nano ?? 0, moment);
    }
  }

  const parts: { readonly hold: Hold; readonly amount: number }[] = [];
  for (const hold of holds.open()) {
    if (!counts(hold.facts)) continue;
    const amounts = {
      usd: hold.ceiling,
      tokens: hold.open?.tokens ?? 0,
      runs: runs.has(hold.facts.run) ? 0 : 1,
    };
    const amount = amounts[unit];
    runs.add(hold.facts.run);
    counter.held += amount;
    parts.push({ hold, amount });
  }
  // What has been charged may still be corrected, here too. A run stays one run.
  if (unit !== "runs")
    for (const id of charged.keys()) {
      const hold = holds.get(id);
      if (hold) parts.push({ hold, amount: 0 });
    }
  counter.whenBegun = () => {
    for (const { hold, amount } of parts) takeAlso(hold, counter, { amount, cap });
  };
}
