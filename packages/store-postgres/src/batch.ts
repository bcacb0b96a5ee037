/** A batch: what goes out in one call of `commit_v1`, and how its answer is read. */
import {
  type Charge,
  type HoldFacts,
  type ReserveReply,
  type ReserveRequest,
  type SettleReply,
  type WindowClaim,
  type WindowState,
  chargeLine,
} from "@assistants-budget/core/store";
import { type StateReply, type StatesById, exact, json, statesById, statesOf } from "./replies.ts";

/** A hold that had ended before: whoever asked looks up how. */
export interface EndedBefore {
  readonly kind: "ended";
  readonly state: "settled" | "assumed" | "corrected" | "released";
}

interface ReserveJob {
  readonly kind: "reserve";
  readonly request: ReserveRequest;
  readonly resolve: (reply: ReserveReply) => void;
  readonly reject: (error: unknown) => void;
}

interface EndJob {
  readonly kind: "end";
  readonly hold: string;
  /** Absent for a release. */
  readonly charge?: Charge;
  readonly resolve: (reply: SettleReply | EndedBefore) => void;
  readonly reject: (error: unknown) => void;
}

export type Job = ReserveJob | EndJob;

/** How many go out in one call: more would only keep the locks longer. */
const MOST_JOBS = 256;

/**
 * Takes from the queue what can go out together. A second job on one hold waits for the first,
 * and so does a family that is asked for by two names of its window.
 */
export function takeBatch(queue: Job[]): Job[] {
  const batch: Job[] = [];
  const left: Job[] = [];
  const holds = new Set<string>();
  const windows = new Map<string, WindowClaim>();
  for (const job of queue) {
    const hold = holdOf(job);
    const claims = job.kind === "reserve" ? job.request.claims : [];
    const full = batch.length >= MOST_JOBS;
    if (full || holds.has(hold) || claims.some((claim) => differs(claim, windows))) left.push(job);
    else {
      batch.push(job);
      for (const claim of claims) windows.set(claim.family, claim);
    }
    holds.add(hold);
  }
  queue.splice(0, queue.length, ...left);
  return batch;
}

function holdOf(job: Job): string {
  return job.kind === "reserve" ? job.request.hold : job.hold;
}

function differs(claim: WindowClaim, windows: ReadonlyMap<string, WindowClaim>): boolean {
  const other = windows.get(claim.family);
  return (
    other !== undefined &&
    (other.start !== claim.start || other.end !== claim.end || other.zone !== claim.zone)
  );
}

/** A batch as it is sent, and what is needed to read its answer. */
export interface Sent {
  /** What `commit_v1` takes: windows, reserves, ends. */
  readonly lists: readonly (string | null)[];
  /** The place of each family in the windows sent, from 0. */
  readonly places: ReadonlyMap<string, number>;
  readonly reserves: readonly ReserveJob[];
  readonly ends: readonly EndJob[];
}

export function send(batch: readonly Job[]): Sent {
  const reserves = batch.filter((job) => job.kind === "reserve");
  const ends = batch.filter((job) => job.kind === "end");
  const places = new Map<string, number>();
  const windows: object[] = [];
  const placeOf = (claim: WindowClaim): number => {
    const known = places.get(claim.family);
    if (known !== undefined) return known + 1;
    const { family, scope, subject, unit, period, zone } = claim;
    places.set(family, windows.length);
    const stretch = { starts: claim.start, ends: claim.end, rolling: claim.rollingMs };
    windows.push({ family, scope, subject, unit, period, zone, ...stretch });
    return windows.length;
  };
  const asked = reserves.map(({ request }) => ({
    hold: request.hold,
    owner: request.owner,
    ttl: request.ttlMs,
    least: request.output.min,
    most: request.output.max,
    windows: request.claims.map(placeOf),
    limits: request.claims.map(({ limit }) => limit),
    fixed: request.claims.map(({ fixed }) => fixed),
    per: request.claims.map(({ perOutput }) => perOutput),
    ceilingFixed: request.ceiling.fixed,
    ceilingPer: request.ceiling.perOutput,
    prompt: request.facts.promptTokens,
    user: request.facts.user,
    run: request.facts.run,
    facts: JSON.stringify(request.facts),
  }));
  const ended = ends.map(({ hold, charge }) =>
    charge
      ? {
          hold,
          nano: charge.nano,
          tokens: charge.tokens,
          known: charge.known,
          charge: JSON.stringify(charge),
        }
      : { hold },
  );
  const lists = [windows, asked, ended].map((list) =>
    list.length > 0 ? JSON.stringify(list) : null,
  );
  return { lists, places, reserves, ends };
}

type EndReply = readonly [
  state: "open" | EndedBefore["state"] | null,
  line: number | null,
  counters: readonly number[] | null,
  ceiling: number | null,
  facts: string | null,
];

type ReserveAnswer =
  | readonly ["held", readonly number[], readonly number[], number, number]
  | readonly ["refused", readonly number[], readonly number[], readonly number[]]
  | readonly ["again", number, number, readonly number[]]
  | readonly ["stale" | "ended" | "uncountable"];

/** What `commit_v1` answers. */
export interface BatchReply {
  readonly common: readonly [
    now: number,
    ends: readonly EndReply[] | null,
    states: readonly StateReply[],
    windows:
      | readonly (readonly [string | null, number | null, number | null, number | null])[]
      | null,
  ];
  readonly reserves: readonly ReserveAnswer[];
}

/** Answers every job of a batch; one that can't be answered takes no other with it. */
export function answer(sent: Sent, read: BatchReply): void {
  const states = statesById(read.common[2]);
  for (const [i, job] of sent.ends.entries())
    attempt(job, () => job.resolve(endReply(job, read.common[1]?.[i], { read, states })));
  for (const [i, job] of sent.reserves.entries())
    attempt(job, () => job.resolve(reserveReply(job, read.reserves[i], { read, states, sent })));
}

function attempt(job: Job, work: () => void): void {
  try {
    work();
  } catch (error) {
    job.reject(error);
  }
}

interface Read {
  readonly read: BatchReply;
  readonly states: StatesById;
}

function endReply(
  job: EndJob,
  reply: EndReply | undefined,
  { read, states }: Read,
): SettleReply | EndedBefore {
  if (!reply) throw new TypeError("commit_v1: an answer is missing");
  const [state, line, counters, ceiling, facts] = reply;
  if (state === null) return { kind: "unknown" };
  if (state !== "open") return { kind: "ended", state };
  const windows = statesOf(counters ?? [], states);
  if (!job.charge || line === null) return { kind: "released", windows };
  const hold = { id: job.hold, ceiling: exact(ceiling ?? 0), facts: json<HoldFacts>(facts ?? "") };
  const written = chargeLine(hold, job.charge, read.common[0]);
  return { kind: "settled", line: { id: String(line), ...written }, windows };
}

function reserveReply(
  { request }: ReserveJob,
  reply: ReserveAnswer | undefined,
  { read, states, sent }: Read & { readonly sent: Sent },
): ReserveReply {
  const now = read.common[0];
  const windowsWith = (spents: readonly number[], helds: readonly number[]): WindowState[] =>
    request.claims.map((claim, i) => {
      const { family, scope, subject, unit, period, rollingMs } = claim;
      const [zone, start, end, frees] = read.common[3]?.[sent.places.get(family) ?? -1] ?? [];
      return {
        family,
        scope,
        subject,
        unit,
        period,
        zone: zone ?? claim.zone,
        start: start ?? claim.start,
        end: end ?? claim.end,
        ...(rollingMs === undefined ? {} : { rollingMs }),
        spent: exact(spents[i] ?? Number.NaN),
        held: exact(helds[i] ?? Number.NaN),
        ...(frees == null ? {} : { frees }),
      };
    });
  switch (reply?.[0]) {
    case "held": {
      const [kind, spents, helds, outputTokens, expiresAt] = reply;
      return { kind, outputTokens, windows: windowsWith(spents, helds), now, expiresAt };
    }
    case "refused": {
      const [kind, spents, helds, fits] = reply;
      return {
        kind,
        windows: windowsWith(spents, helds),
        refused: fits.flatMap((fit, i) => (fit < request.output.min ? [i] : [])),
        fits: fits.map((fit) => Math.max(fit, 0)),
        now,
      };
    }
    case "again": {
      const [, outputTokens, expiresAt, counters] = reply;
      return { kind: "held", outputTokens, windows: statesOf(counters, states), now, expiresAt };
    }
    case "stale":
    case "ended":
      return { kind: reply[0], now };
    case "uncountable":
      throw new RangeError(`hold ${request.hold} is for more than can be counted exactly.`);
    case undefined:
      throw new TypeError("commit_v1: an answer is missing");
  }
}
