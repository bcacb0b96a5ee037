/** What the store's own functions answer: arrays, because names would be most of the bytes. */
import {
  type Act,
  type ActLine,
  type Charge,
  type HoldFacts,
  type LedgerLine,
  type OpenHold,
  type StepLine,
  type WindowState,
  isUnit,
} from "@assistants-budget/core/store";
import { exact } from "./exact.ts";

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
  credit: number,
  frees: number | null,
];

export type LineReply = readonly [
  id: string,
  kind: LedgerLine["kind"],
  at: number,
  hold: string,
  user: string | null,
  charge: string | null,
  facts: string | null,
  ceiling: number | null,
  nano: number | null,
  act: { readonly act: Unsaid; readonly moved?: ActLine["moved"] } | null,
  said: string | null,
];

type Said = Pick<Act, "by" | "why">;
/** Who says something and why lies beside what is said: it stays where that is renamed. */
type Unsaid = Act extends infer One ? (One extends Act ? Omit<One, keyof Said> : never) : never;

export type HoldReply = readonly [
  id: string,
  owner: string,
  user: string | null,
  facts: string | null,
  ceiling: number,
  tokens: number,
  outputTokens: number,
  createdAt: number,
  expiresAt: number,
  responseId: string | null,
];

export function stateOf(reply: StateReply): WindowState {
  const [, family, scope, subject, unit, period, zone, ...sums] = reply;
  const [start, end, rollingMs, spent, held, credit, frees] = sums;
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
    credit: exact(credit),
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
  return reply[9] === null ? stepOf(reply) : actOf(reply);
}

/** @throws TypeError for the line of an act. */
export function stepOf(reply: LineReply): StepLine {
  const [id, kind, at, hold, user, charge, facts, ceiling, nano] = reply;
  if ((kind !== "charge" && kind !== "correction") || ceiling === null || nano === null)
    throw new TypeError(`line ${id}: found ${kind}`);
  return {
    id,
    hold,
    kind,
    at,
    ceiling,
    charge: json<Charge>(charge ?? ""),
    facts: factsOf(user, facts),
    ...(kind === "charge" && nano > ceiling ? { overrun: exact(nano) - exact(ceiling) } : {}),
  };
}

/** @throws TypeError for a step's line. */
export function actOf(reply: LineReply): ActLine {
  const [id, kind, at, , , , , , nano, told, said] = reply;
  if (told === null || kind === "charge" || kind === "correction")
    throw new TypeError(`line ${id}: found ${kind}`);
  const act = { ...told.act, ...json<Said>(said ?? "") };
  const moved = told.moved ? { moved: told.moved } : {};
  return { id, kind, at, act, ...(nano === null ? {} : { nano: exact(nano) }), ...moved };
}

/** The user stands in a column of its own: it may become another one. */
function factsOf(user: string | null, facts: string | null): HoldFacts {
  return { ...json<Omit<HoldFacts, "user">>(facts ?? ""), user: user ?? "" };
}

export function holdOf(reply: HoldReply): OpenHold {
  const [id, owner, user, facts, ceiling, tokens, outputTokens, ...rest] = reply;
  const [createdAt, expiresAt, responseId] = rest;
  return {
    id,
    owner,
    createdAt,
    expiresAt,
    facts: factsOf(user, facts),
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
