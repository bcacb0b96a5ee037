/** Windows as scripts answer them, and what of them is kept with a counter. */
import { type WindowAt, type WindowState, isUnit } from "@assistants-budget/core/store";
import { int, list, own, text } from "./replies.ts";

/** What of a window never changes. */
type WindowFacts = Pick<
  WindowState,
  "family" | "scope" | "subject" | "unit" | "period" | "rollingMs"
>;

const ROLLING = "rolling:";

/** What is kept with a counter, as JSON: nothing where its family's name says it all. */
export function factsText(window: WindowFacts): string {
  const { family, scope, subject, unit, period, rollingMs } = window;
  const told =
    family === `${scope}|${unit}|${period}|${subject}` &&
    !scope.includes("|") &&
    !period.includes("|") &&
    period.startsWith(ROLLING) === (rollingMs !== undefined) &&
    (rollingMs === undefined || period === `${ROLLING}${rollingMs}`);
  return told ? "" : JSON.stringify({ scope, subject, unit, period, rollingMs });
}

/** What a family's name says of its windows. */
export function factsOf(family: string): WindowFacts {
  const [scope = "", unit = "", period = "", ...rest] = family.split("|");
  if (!isUnit(unit)) throw new TypeError(`family: found ${family}`);
  const subject = rest.join("|");
  return period.startsWith(ROLLING)
    ? { family, scope, subject, unit, period, rollingMs: Number(period.slice(ROLLING.length)) }
    : { family, scope, subject, unit, period };
}

/** Windows that the caller asked for: spent and held of each, then what few have. */
export function statesOf(
  asked: readonly WindowAt[],
  sums: unknown,
  more: unknown,
): readonly WindowState[] {
  const numbers = list(sums);
  const others = othersOf(more);
  return asked.map((window, i) => {
    const [credit, frees, at] = others.get(i) ?? [];
    const found = { spent: numbers[2 * i], held: numbers[2 * i + 1], credit, frees };
    return stateOf(at === undefined ? window : { ...window, ...stretchOf(at) }, found);
  });
}

/** Windows of a hold: family, window, spent and held of each, then what few have. */
export function ownStatesOf(told: unknown, more: unknown): readonly WindowState[] {
  const all = list(told);
  const others = othersOf(more);
  return Array.from({ length: all.length / 4 }, (_, i) => {
    const [name, at, spent, held] = all.slice(4 * i, 4 * i + 4);
    const [credit, frees, kept] = others.get(i) ?? [];
    const family = text(name);
    const facts =
      kept === undefined ? factsOf(family) : { family, ...own<Omit<WindowFacts, "family">>(kept) };
    return stateOf({ ...facts, ...stretchOf(at) }, { spent, held, credit, frees });
  });
}

function othersOf(more: unknown): ReadonlyMap<number, readonly unknown[]> {
  return new Map(list(more).map((one) => [int(list(one)[0]), list(one).slice(1)]));
}

/** From `start/end/zone`, as a counter keeps it. */
export function stretchOf(at: unknown): Pick<WindowAt, "start" | "end" | "zone"> {
  const [start = "", end = "", ...zone] = text(at).split("/");
  return { start: Number(start), end: Number(end), zone: zone.join("/") };
}

function stateOf(
  { family, scope, subject, unit, period, zone, start, end, rollingMs }: WindowAt,
  found: Readonly<Record<"spent" | "held" | "credit" | "frees", unknown>>,
): WindowState {
  const spent = int(found.spent);
  const held = int(found.held);
  const credit = found.credit === undefined ? 0 : int(found.credit);
  const at = { family, scope, subject, unit, period, zone, start, end };
  if (rollingMs === undefined) return { ...at, spent, held, credit };
  const frees = found.frees === undefined ? 0 : int(found.frees);
  return { ...at, rollingMs, spent, held, credit, ...(frees === 0 ? {} : { frees }) };
}
