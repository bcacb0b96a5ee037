/** Reading what scripts answer: texts and lists of texts, the same under RESP2 and RESP3. */
import { type WindowAt, type WindowState, isUnit } from "@assistants-budget/core/store";
import { part } from "./keys.ts";

export type Reply = readonly unknown[];

export function list(value: unknown): Reply {
  if (!Array.isArray(value)) throw new TypeError(`Redis answered ${typeof value}, not a list`);
  return value;
}

export function text(value: unknown): string {
  if (typeof value === "string") return value;
  if (value instanceof Uint8Array) return Buffer.from(value).toString();
  throw new TypeError(`Redis answered ${typeof value}, not a text`);
}

export function int(value: unknown): number {
  const number = Number(text(value));
  if (!Number.isInteger(number)) throw new TypeError(`Redis answered no whole number`);
  return number;
}

/** What this store wrote itself as JSON. */
// oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- names what was written there
export function json<T>(value: unknown): T {
  const read: T = JSON.parse(text(value));
  return read;
}

/** What of a window never changes. */
export type WindowFacts = Omit<WindowState, "zone" | "start" | "end" | "spent" | "held" | "frees">;

const ROLLING = "rolling:";

function namesOf(window: WindowFacts): WindowFacts {
  const { family, scope, subject, unit, period, rollingMs } = window;
  return rollingMs === undefined
    ? { family, scope, subject, unit, period }
    : { family, scope, subject, unit, period, rollingMs };
}

/** `start/end/zone`, as a counter keeps its window. */
export function windowText({ start, end, zone }: WindowAt): string {
  return `${start}/${end}/${zone}`;
}

/** What is kept with a counter: nothing where its family's name says it all. */
export function factsText(window: WindowFacts): string {
  const { family, scope, subject, unit, period, rollingMs } = window;
  const told =
    family === `${scope}|${unit}|${period}|${subject}` &&
    !scope.includes("|") &&
    !period.includes("|") &&
    period.startsWith(ROLLING) === (rollingMs !== undefined) &&
    (rollingMs === undefined || period === `${ROLLING}${rollingMs}`) &&
    part(family) === family;
  return told ? "" : JSON.stringify(namesOf(window));
}

function factsOf(family: string): WindowFacts | undefined {
  const [scope = "", unit = "", period = "", ...rest] = family.split("|");
  if (!isUnit(unit)) return undefined;
  const facts = { family, scope, subject: rest.join("|"), unit, period };
  return period.startsWith(ROLLING)
    ? { ...facts, rollingMs: Number(period.slice(ROLLING.length)) }
    : facts;
}

/** Windows that the caller asked for: four texts each. */
export function statesOf(texts: Reply, asked: readonly WindowAt[]): readonly WindowState[] {
  return asked.map((window, i) => {
    const [spent, held, frees, other] = texts.slice(i * 4, i * 4 + 4);
    const at = text(other) || windowText(window);
    return stateOf(namesOf(window), { at, spent, held, frees });
  });
}

/** Windows of a hold, which names them: six texts each. */
export function ownStatesOf(texts: Reply): readonly WindowState[] {
  return Array.from({ length: texts.length / 6 }, (_, i) => {
    const [family, own, at, spent, held, frees] = texts.slice(i * 6, i * 6 + 6);
    const facts = text(own) === "" ? factsOf(text(family)) : json<WindowFacts>(own);
    if (!facts) throw new TypeError(`family: found ${text(family)}`);
    return stateOf(facts, { at: text(at), spent, held, frees });
  });
}

function stateOf(
  facts: WindowFacts,
  kept: {
    readonly at: string;
    readonly spent: unknown;
    readonly held: unknown;
    readonly frees: unknown;
  },
): WindowState {
  const [start = "", end = "", ...zone] = kept.at.split("/");
  const frees = text(kept.frees);
  return {
    ...facts,
    zone: zone.join("/"),
    start: int(start),
    end: int(end),
    spent: int(kept.spent),
    held: int(kept.held),
    ...(frees === "" ? {} : { frees: Number(frees) }),
  };
}
