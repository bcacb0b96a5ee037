/** How the answer of `commit_v1` is read. */
import {
  type HoldFacts,
  type ReserveReply,
  type SettleReply,
  type WindowState,
  chargeLine,
} from "@assistants-budget/core/store";
import { exact } from "../exact.ts";
import { type StateReply, type StatesById, statesById, statesOf } from "../replies.ts";
import { type SettingsReply, settingsOf } from "../settings.ts";
import type { EndJob, EndedBefore } from "./batch.ts";
import type { Encoded, SentReserve } from "./encode.ts";

type EndReply =
  | readonly [
      state: "open",
      line: number | null,
      counters: readonly number[],
      ceiling: number,
      user: string | null,
      facts: Omit<HoldFacts, "user"> | null,
    ]
  | readonly [state: EndedBefore["state"] | null];

type ReserveAnswer =
  | readonly ["held", readonly number[], readonly number[], number, number]
  | readonly ["refused", readonly number[], readonly number[], readonly number[], boolean]
  | readonly ["settings", ...(readonly [place: number, settings: SettingsReply | null])[]]
  | readonly ["again", number, number, readonly number[]]
  | readonly ["stale" | "ended" | "uncountable"];

/** What `commit_v1` answers. */
export interface BatchReply {
  readonly common: readonly [
    now: number,
    ends: readonly EndReply[],
    states: readonly StateReply[],
    windows: WindowsReply | null,
    /** Holds whose charges wrote notices. */
    noticed: readonly string[],
  ];
  /** Absent where all are held with all that they asked for. */
  readonly reserves?: readonly ReserveAnswer[];
}

/** The windows asked for, by their places. */
type WindowsReply = readonly [
  zone: readonly (string | null)[],
  start: readonly (number | null)[],
  end: readonly (number | null)[],
  frees: readonly (number | null)[] | null,
  credit: readonly number[],
  /** Where all are held: what is spent, and what is held after all of them. */
  spent?: readonly number[],
  held?: readonly number[],
];

/** What a batch was answered, to be read job by job: each throws for itself alone. */
export interface Decoded {
  /** @param place Where the job stands among the ends that were sent. */
  end(job: EndJob, place: number): SettleReply | EndedBefore;
  /** @param place Where the job stands among the reserves that were sent. */
  reserve(sent: SentReserve, place: number): ReserveReply;
}

export function decode(sent: Encoded, read: BatchReply): Decoded {
  const states = statesById(read.common[2]);
  const answers = read.reserves ?? allHeld(sent.reserves, read);
  return {
    end: (job, place) => endReply(job, read.common[1][place], { read, states }),
    reserve: (asked, place) => reserveReply(asked, answers[place], { read, states, sent }),
  };
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
  if (reply[0] === null) return { kind: "unknown" };
  if (reply[0] !== "open") return { kind: "ended", state: reply[0] };
  const [, line, counters, ceiling, user, facts] = reply;
  const windows = statesOf(counters, states);
  if (!job.charge || line === null || facts === null) return { kind: "released", windows };
  const hold = { id: job.hold, ceiling: exact(ceiling), facts: { ...facts, user: user ?? "" } };
  const written = { id: String(line), ...chargeLine(hold, job.charge, read.common[0]) };
  const noticed = read.common[4].includes(job.hold) ? ({ noticed: true } as const) : {};
  return { kind: "settled", line: written, windows, ...noticed };
}

/** The same as if they had been held one after the other. */
function allHeld(
  reserves: readonly SentReserve[],
  { common: [now, , , windows] }: BatchReply,
): readonly ReserveAnswer[] {
  const [, , , , , spent = [], after = []] = windows ?? [];
  const held = [...after];
  for (const asked of reserves)
    eachPart(asked, (at, amount) => (held[at] = (held[at] ?? 0) - amount));
  return reserves.map((asked) => {
    const helds: number[] = [];
    eachPart(asked, (at, amount) => helds.push((held[at] = (held[at] ?? 0) + amount)));
    const { output, ttlMs } = asked.job.request;
    const spents = asked.places.map((place) => spent[place - 1] ?? Number.NaN);
    return ["held", spents, helds, output.max, now + ttlMs];
  });
}

function eachPart(
  { places, amounts }: SentReserve,
  work: (place: number, amount: number) => void,
): void {
  for (const [i, place] of places.entries()) work(place - 1, amounts[i] ?? Number.NaN);
}

function reserveReply(
  { job: { request }, places }: SentReserve,
  reply: ReserveAnswer | undefined,
  { read, states, sent }: Read & { readonly sent: Encoded },
): ReserveReply {
  const now = read.common[0];
  const [zones, starts, ends, frees, credits] = read.common[3] ?? [];
  const windowsWith = (spents: readonly number[], helds: readonly number[]): WindowState[] =>
    request.claims.map((claim, i) => {
      const { family, scope, subject, unit, period, rollingMs } = claim;
      const at = (places[i] ?? 0) - 1;
      const freed = frees?.[at];
      return {
        family,
        scope,
        subject,
        unit,
        period,
        zone: zones?.[at] ?? claim.zone,
        start: starts?.[at] ?? claim.start,
        end: ends?.[at] ?? claim.end,
        ...(rollingMs === undefined ? {} : { rollingMs }),
        spent: exact(spents[i] ?? Number.NaN),
        held: exact(helds[i] ?? Number.NaN),
        credit: exact(credits?.[at] ?? 0),
        ...(freed == null ? {} : { frees: freed }),
      };
    });
  switch (reply?.[0]) {
    case "held": {
      const [kind, spents, helds, outputTokens, expiresAt] = reply;
      return { kind, outputTokens, windows: windowsWith(spents, helds), now, expiresAt };
    }
    case "refused": {
      const [kind, spents, helds, fits, noticed] = reply;
      return {
        kind,
        windows: windowsWith(spents, helds),
        refused: fits.flatMap((fit, i) => (fit < request.output.min ? [i] : [])),
        fits: fits.map((fit) => Math.max(fit, 0)),
        now,
        ...(noticed ? { noticed } : {}),
      };
    }
    case "again": {
      const [, outputTokens, expiresAt, counters] = reply;
      return { kind: "held", outputTokens, windows: statesOf(counters, states), now, expiresAt };
    }
    case "settings": {
      const [kind, ...differing] = reply;
      const settings = differing.flatMap(([place, said]) => {
        const key = sent.named[place - 1];
        return key ? settingsOf(key, said) : [];
      });
      return { kind, settings, now };
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
