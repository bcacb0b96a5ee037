import type { ActLine } from "./acts.ts";
/** The ledger's lines by what they tell. */
import { askStore } from "./ask-store.ts";
import { PERIODS } from "./counted-periods.ts";
import type { LedgerLine, LineQuery, StepLine, Store } from "./store.ts";

const PAGE = 1_000;

/** What steps cost: charges and corrections. */
export function stepLines(store: Pick<Store, "lines">, query: LineQuery): Promise<StepLine[]> {
  return linesOf(store, query, (line): line is StepLine => "charge" in line);
}

/** What operators did, and not which periods are counted. They are few among many: without a user all lines are read through. */
export function actLines(store: Pick<Store, "lines">, query: LineQuery): Promise<ActLine[]> {
  return linesOf(store, query, (line): line is ActLine => "act" in line && !isOfPeriods(line));
}

async function linesOf<Line extends LedgerLine>(
  store: Pick<Store, "lines">,
  { limit = PAGE, ...query }: LineQuery,
  isWanted: (line: LedgerLine) => line is Line,
): Promise<Line[]> {
  const found: Line[] = [];
  let { after } = query;
  for (;;) {
    const asked = { ...query, limit: PAGE, ...(after === undefined ? {} : { after }) };
    const page = await askStore(() => store.lines(asked));
    found.push(...page.filter(isWanted));
    if (page.length < PAGE || found.length >= limit) return found.slice(0, limit);
    after = page.at(-1)?.id;
  }
}

function isOfPeriods({ act }: ActLine): boolean {
  return "scope" in act && act.scope === PERIODS.scope;
}
