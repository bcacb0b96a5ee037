/** The ledger's lines, as a stream keeps them: written once, never changed. */
import {
  type Charge,
  type LedgerLine,
  type LineQuery,
  type OpenHold,
  chargeLine,
  correctionLine,
} from "@assistants-budget/core/store";
import type { Keys } from "./keys.ts";
import { LINES_PAGE } from "./lua/ledger.ts";
import { int, json, list, text } from "./replies.ts";
import type { Scripts } from "./script.ts";

/** How many lines one script reads, so that a long reading holds nobody up. */
const PAGE = 500;

/** A line from what the stream has of it. */
export function lineOf(value: unknown): LedgerLine {
  const [id, hold, kind, at, charge, ceiling, first] = list(value);
  const kept = json<Pick<OpenHold, "id" | "facts">>(hold);
  const own = { id: kept.id, facts: kept.facts, ceiling: int(ceiling) };
  const paid = json<Charge>(charge);
  const line =
    text(kind) === "charge"
      ? chargeLine(own, paid, int(at))
      : correctionLine(chargeLine(own, json<Charge>(first), int(at)), paid, int(at));
  return { id: text(id), ...line };
}

/** Lines by user, by run, or all, page by page. */
export async function linesOf(
  scripts: Scripts,
  keys: Keys,
  { user, run, after, limit = 1000 }: LineQuery,
): Promise<readonly LedgerLine[]> {
  const found: LedgerLine[] = [];
  const index =
    run === undefined
      ? user === undefined
        ? keys.lines
        : keys.of("lines:user", user)
      : keys.of("lines:run", run);
  let last = /^\d+$/u.test(after ?? "") ? (after ?? "0") : "0";
  while (found.length < limit) {
    const asked = Math.min(PAGE, limit - found.length);
    const reply = await scripts.run({
      script: LINES_PAGE,
      keys: [keys.lines, index],
      args: [last, String(asked)],
    });
    const page = reply.slice(3).map(lineOf);
    found.push(...page.filter(({ facts }) => user === undefined || facts.user === user));
    if (page.length < asked) break;
    last = page.at(-1)?.id ?? last;
  }
  return found;
}
