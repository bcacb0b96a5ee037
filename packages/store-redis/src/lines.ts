/** The ledger's lines. */
import {
  type Act,
  type ActLine,
  type Charge,
  type LedgerLine,
  type LineQuery,
  type StepLine,
  chargeLine,
  correctionLine,
} from "@assistants-budget/core/store";
import type { KeptHold } from "./kept-hold.ts";
import { nameOf, part } from "./keys.ts";
import { LINES_PAGE } from "./lua/reading.ts";
import { type Reply, int, json, list, text } from "./replies.ts";
import type { Scripts } from "./script.ts";

/** How many lines one script reads, so that a long reading holds nobody up. */
const PAGE = 500;

/** What a hold and its charge come to as a line. */
export interface Charged {
  readonly kept: KeptHold;
  readonly user: string;
  readonly ceiling: unknown;
  readonly charge: Charge;
  readonly at: unknown;
}

export function stepLine(id: unknown, { kept, user, ceiling, charge, at }: Charged): StepLine {
  const facts = { ...kept.facts, user };
  const hold = { id: kept.id, facts, ceiling: int(ceiling) };
  return { id: String(int(id)), ...chargeLine(hold, charge, int(at)) };
}

export function betterLine(
  id: unknown,
  first: StepLine,
  { charge, at }: Pick<Charged, "charge" | "at">,
): StepLine {
  return { id: String(int(id)), ...correctionLine(first, charge, int(at)) };
}

/** A line of an act, from its own text and what the store found out. */
export function actLine([id, at]: Reply, act: Act, more: object): ActLine {
  return { id: String(int(id)), kind: act.kind, at: int(at), act, ...more };
}

function lineOf(value: unknown): LedgerLine {
  const [id, kept, kind, at, first, more, user, ceiling, ...better] = list(value);
  if (text(kind) === "a")
    return actLine([id, at], json<Act>(first), text(more) === "" ? {} : json<object>(more));
  const charge = json<Charge>(first);
  const line = stepLine(id, {
    kept: json<KeptHold>(kept),
    user: nameOf(text(user)),
    ceiling,
    charge,
    at,
  });
  if (text(kind) === "c") return line;
  return betterLine(id, line, { charge: json<Charge>(better[1]), at: better[0] });
}

/** Lines by user, by run, or all, page by page. */
export async function linesOf(
  scripts: Scripts,
  { user, run, after, limit = 1000 }: LineQuery,
): Promise<readonly LedgerLine[]> {
  const found: LedgerLine[] = [];
  let last = /^\d+$/u.test(after ?? "") ? (after ?? "0") : "0";
  while (found.length < limit) {
    const asked = Math.min(PAGE, limit - found.length);
    const args = [part(user ?? ""), part(run ?? ""), last, String(asked)];
    const reply: Reply = await scripts.run({ script: LINES_PAGE, keys: [], args });
    found.push(...reply.slice(3).map(lineOf));
    const next = text(reply[1]);
    if (next === "") break;
    last = next;
  }
  return found;
}
