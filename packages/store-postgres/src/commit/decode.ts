/** How the answer of `commit_v1` is read. */
import {
  type ReserveReply,
  type SettleReply,
  type WindowState,
  chargeLine,
} from "@assistants-budget/core/store";
import { exact } from "../exact.ts";
import { type StateReply, type StatesById, factsOf, statesById, statesOf } from "../replies.ts";
import { type SettingsReply, settingsOf } from "../settings.ts";
import type { EndJob, EndedBefore, ReserveJob } from "./batch.ts";
import type { Encoded } from "./encode.ts";

type EndReply = readonly [
  state: "open" | EndedBefore["state"] | null,
  line: number | null,
  counters: readonly number[] | null,
  ceiling: number | null,
  user: string | null,
  facts: string | null,
];

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
    ends: readonly EndReply[] | null,
    states: readonly StateReply[],
    windows:
      | readonly (readonly [
          zone: string | null,
          start: number | null,
          end: number | null,
          frees: number | null,
          credit: number,
        ])[]
      | null,
    /** Holds whose charges wrote notices. */
    noticed: readonly string[],
  ];
  readonly reserves: readonly ReserveAnswer[];
}

/** What a batch was answered, to be read job by job: each throws for itself alone. */
export interface Decoded {
  /** @param place Where the job stands among the ends that were sent. */
  end(job: EndJob, place: number): SettleReply | EndedBefore;
  /** @param place Where the job stands among the reserves that were sent. */
  reserve(job: ReserveJob, place: number): ReserveReply;
}

export function decode(sent: Encoded, read: BatchReply): Decoded {
  const states = statesById(read.common[2]);
  return {
    end: (job, place) => endReply(job, read.common[1]?.[place], { read, states }),
    reserve: (job, place) => reserveReply(job, read.reserves[place], { read, states, sent }),
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
  const [state, line, counters, ceiling, user, facts] = reply;
  if (state === null) return { kind: "unknown" };
  if (state !== "open") return { kind: "ended", state };
  const windows = statesOf(counters ?? [], states);
  if (!job.charge || line === null) return { kind: "released", windows };
  const hold = { id: job.hold, ceiling: exact(ceiling ?? 0), facts: factsOf(user, facts) };
  const written = { id: String(line), ...chargeLine(hold, job.charge, read.common[0]) };
  const noticed = read.common[4].includes(job.hold) ? ({ noticed: true } as const) : {};
  return { kind: "settled", line: written, windows, ...noticed };
}

function reserveReply(
  { request }: ReserveJob,
  reply: ReserveAnswer | undefined,
  { read, states, sent }: Read & { readonly sent: Encoded },
): ReserveReply {
  const now = read.common[0];
  const windowsWith = (spents: readonly number[], helds: readonly number[]): WindowState[] =>
    request.claims.map((claim, i) => {
      const { family, scope, subject, unit, period, rollingMs } = claim;
      const [zone, start, end, frees, credit] =
        read.common[3]?.[sent.places.get(family) ?? -1] ?? [];
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
        credit: exact(credit ?? 0),
        ...(frees == null ? {} : { frees }),
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
