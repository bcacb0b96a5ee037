/** The counters that decide, beside the lines that prove: both must tell the same. */
import type { LedgerLine } from "@assistants-budget/core";
import type { HoldFacts, Store, WindowState } from "@assistants-budget/core/store";
import { chargedHolds, stepLines, sumBy } from "../books.ts";
import { usd } from "../broken-rule.ts";
import type { Aftermath } from "../ending.ts";
import { type Spoken, spoken } from "../spoken.ts";

/** What the runs and threads of all people may cost, as `limits.ts` has it: nano-dollars. */
const LARGEST = { run: 600_000, thread: 1_000_000 } as const;

/** Money that came into windows, or went: a charge, a correction, what an operator made of it. */
interface Entry {
  readonly facts: HoldFacts;
  readonly nano: number;
  /** Whether an operator said so. */
  readonly isSaid: boolean;
}

function entriesOf(lines: readonly LedgerLine[], told: Spoken): readonly Entry[] {
  return lines.flatMap((line) => {
    if (!("act" in line)) return { facts: line.facts, nano: line.charge.nano, isSaid: false };
    if (line.act.kind !== "adjustment") return [];
    const charge = told.chargeOf(line.act.hold);
    return charge ? { facts: charge.facts, nano: line.nano ?? 0, isSaid: true } : [];
  });
}

export async function checkCounters(
  { windows, tell }: Aftermath,
  found: { readonly store: Store; readonly lines: readonly LedgerLine[] },
): Promise<void> {
  const told = spoken(found.lines);
  const entries = entriesOf(found.lines, told);
  const spent: Readonly<Record<string, ReadonlyMap<string, number>>> = {
    user: sumBy(entries, ({ facts, nano }) => [told.userOf(facts.user), nano]),
    tenant: sumBy(entries, ({ facts, nano }) => [facts.subjects?.["tenant"] ?? "none", nano]),
    app: sumBy(entries, ({ nano }) => ["app", nano]),
  };
  const states = await found.store.windows(windows.map(({ at }) => at));
  for (const state of states) {
    const { scope, subject, period, family } = state;
    if (state.held !== 0) tell("held", `${family} still holds ${usd(state.held)}`);
    // Of shorter periods, calendar ones have begun anew since, and others have lost what they spent.
    if (period === "minute") continue;
    const credit = creditIn(state, found.lines, told);
    if (state.credit !== credit)
      tell("counters", `${family} has ${usd(state.credit)} of credit, its lines ${usd(credit)}`);
    if (period !== "day") continue;
    const proved = spent[scope]?.get(subject) ?? 0;
    if (state.spent !== proved)
      tell("counters", `${family} says ${usd(state.spent)}, its lines say ${usd(proved)}`);
  }
  const named = namedIn(found.lines, entries);
  for (const scope of ["run", "thread"] as const)
    for (const excess of excessesOf(scope, entries, named)) tell("window", excess);
}

/** What operators gave this window; of somebody who was merged, the other one has it. */
function creditIn(
  { scope, subject, period }: WindowState,
  lines: readonly LedgerLine[],
  { userOf }: Spoken,
): number {
  const credits = lines.flatMap((line) =>
    line.kind === "credit" && line.act.kind === "credit" ? line.act : [],
  );
  const own = credits.filter(({ window }) => {
    const name = scope === "user" ? userOf(window.subject) : window.subject;
    return window.scope === scope && window.period === period && name === subject;
  });
  return own.reduce((sum, { amount }) => sum + amount, 0);
}

/** What may bring runs and threads above what they may cost: an overrun, or what an operator said. */
function namedIn(lines: readonly LedgerLine[], entries: readonly Entry[]): readonly Entry[] {
  const overruns = chargedHolds(stepLines(lines)).map(({ facts, nano, ceiling }) => ({
    facts,
    nano: nano - ceiling,
    isSaid: false,
  }));
  return [...overruns, ...entries.filter(({ isSaid }) => isSaid)].filter(({ nano }) => nano > 0);
}

/** Windows that are too many to be sampled, by their lines. */
function excessesOf(
  scope: "run" | "thread",
  entries: readonly Entry[],
  named: readonly Entry[],
): readonly string[] {
  const sums = sumBy(entries, ({ facts, nano }) => [facts[scope], nano]);
  const causes = sumBy(named, ({ facts, nano }) => [facts[scope], nano]);
  return [...sums].flatMap(([subject, nano]) => {
    const excess = nano - LARGEST[scope] - (causes.get(subject) ?? 0);
    return excess > 0 ? `${scope} ${subject}: ${usd(nano)}, ${usd(excess)} too much` : [];
  });
}
