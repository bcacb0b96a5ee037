/** What the store's own functions answer: arrays, because names would be most of the bytes. */
import {
  type Charge,
  type HoldFacts,
  type LedgerLine,
  type OpenHold,
  type WindowState,
  isUnit,
} from "@assistants-budget/core/store";

export type StateReply = readonly [
  id: number,
  family: string,
  scope: string,
  subject: string,
  unit: string,
  period: string,
  zone: string,
  start: number,
  end: number,
  rollingMs: number | null,
  spent: number,
  held: number,
  frees: number | null,
];

export type LineReply = readonly [
  id: string,
  hold: string,
  kind: LedgerLine["kind"],
  at: number,
  charge: string,
  facts: string,
  ceiling: number,
  nano: number,
];

export type HoldReply = readonly [
  id: string,
  owner: string,
  facts: string,
  ceiling: number,
  tokens: number,
  outputTokens: number,
  createdAt: number,
  expiresAt: number,
  responseId: string | null,
];

/** A sum that JavaScript can't hold exactly is an error, never a nearby number. */
export function exact(amount: number): number {
  if (Number.isSafeInteger(amount)) return amount;
  throw new RangeError(`PostgreSQL counted to ${amount}, which is beyond exact whole numbers.`);
}

export function stateOf(reply: StateReply): WindowState {
  const [, family, scope, subject, unit, period, zone, start, end, rollingMs, spent, held, frees] =
    reply;
  if (!isUnit(unit)) throw new TypeError(`unit of ${family}: found ${unit}`);
  return {
    family,
    scope,
    subject,
    unit,
    period,
    zone,
    start,
    end,
    ...(rollingMs === null ? {} : { rollingMs }),
    spent: exact(spent),
    held: exact(held),
    ...(frees === null ? {} : { frees }),
  };
}

/** Counters by id, as they were answered. */
export type StatesById = ReadonlyMap<number, StateReply>;

export function statesById(replies: readonly StateReply[]): StatesById {
  return new Map(replies.map((reply) => [reply[0], reply]));
}

/** The states of these counters, in this order. */
export function statesOf(ids: readonly number[], states: StatesById): readonly WindowState[] {
  return ids.flatMap((id) => {
    const state = states.get(id);
    return state ? stateOf(state) : [];
  });
}

export function lineOf(reply: LineReply): LedgerLine {
  const [id, hold, kind, at, charge, facts, ceiling, nano] = reply;
  return {
    id,
    hold,
    kind,
    at,
    ceiling,
    charge: json<Charge>(charge),
    facts: json<HoldFacts>(facts),
    ...(kind === "charge" && nano > ceiling ? { overrun: exact(nano) - exact(ceiling) } : {}),
  };
}

export function holdOf(reply: HoldReply): OpenHold {
  const [id, owner, facts, ceiling, tokens, outputTokens, createdAt, expiresAt, responseId] = reply;
  return {
    id,
    owner,
    createdAt,
    expiresAt,
    facts: json<HoldFacts>(facts),
    ceiling: exact(ceiling),
    tokens: exact(tokens),
    outputTokens: exact(outputTokens),
    ...(responseId === null ? {} : { responseId }),
  };
}

/** What this store wrote itself as JSON. */
// oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- names what was written there
export function json<T>(text: string): T {
  const value: T = JSON.parse(text);
  return value;
}
