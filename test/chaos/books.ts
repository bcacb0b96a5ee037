/** The ledger as it is read from outside: whole, or what has come since the last look. */
import type { LedgerLine, StepLine } from "@assistants-budget/core";
import type { Store } from "@assistants-budget/core/store";

const PAGE = 1_000;

/** All lines after one, or from the first on. */
export async function linesAfter(
  store: Pick<Store, "lines">,
  after: string | undefined,
): Promise<readonly LedgerLine[]> {
  const found: LedgerLine[] = [];
  for (;;) {
    const last = found.at(-1)?.id ?? after;
    const page = await store.lines({ limit: PAGE, ...(last === undefined ? {} : { after: last }) });
    found.push(...page);
    if (page.length < PAGE) return found;
  }
}

export function stepLines(lines: readonly LedgerLine[]): readonly StepLine[] {
  return lines.filter(isStepLine);
}

function isStepLine(line: LedgerLine): line is StepLine {
  return line.kind === "charge" || line.kind === "correction";
}

/** A hold that was charged, with all that is known of it by now. */
export interface ChargedHold {
  readonly hold: string;
  readonly facts: StepLine["facts"];
  readonly ceiling: number;
  /** Over all its lines: nano-dollars. */
  readonly nano: number;
  /** As its last line says it. */
  readonly known: StepLine["charge"]["known"];
  readonly cause: string | undefined;
  readonly responseId: string | undefined;
  /** Lines of the kind `charge`: one, if all is well. */
  readonly charges: number;
}

export function chargedHolds(lines: readonly StepLine[]): readonly ChargedHold[] {
  const byHold = Map.groupBy(lines, ({ hold }) => hold);
  return [...byHold].flatMap(([hold, ofHold]) => {
    const [first, last] = [ofHold.at(0), ofHold.at(-1)];
    if (!first || !last) return [];
    const { known, cause, responseId } = last.charge;
    return {
      hold,
      facts: first.facts,
      ceiling: first.ceiling,
      nano: ofHold.reduce((sum, { charge }) => sum + charge.nano, 0),
      known,
      cause,
      responseId,
      charges: ofHold.filter(({ kind }) => kind === "charge").length,
    };
  });
}

/** Sums by whatever names them. */
export function sumBy<Entry>(
  entries: readonly Entry[],
  of: (entry: Entry) => readonly [name: string, amount: number],
): Map<string, number> {
  const sums = new Map<string, number>();
  for (const entry of entries) {
    const [name, amount] = of(entry);
    sums.set(name, (sums.get(name) ?? 0) + amount);
  }
  return sums;
}
