/** The windows that a batch asks for, each once. */
import type { WindowClaim } from "@assistants-budget/core/store";
import { numbers, texts } from "./arrays.ts";

interface Asked {
  readonly claim: WindowClaim;
  /** What all of the batch hold in it. */
  total: number;
  /** The least limit that it is asked for under. */
  most: number | null;
  /** What was claimed of it last. */
  cap: number | null;
  /** Which reserves claim it: the same text for the same reserves. */
  who: string;
}

export interface AskedWindows {
  /** The place of a claim's window, from 1. */
  placeOf(claim: WindowClaim, reserve: number): number;
  /** So much is held there. */
  hold(place: number, amount: number): void;
  readonly all: readonly Asked[];
  /** What all of them hold, unless that can't be counted exactly. */
  readonly totals: () => readonly number[] | undefined;
}

export function askedWindows(): AskedWindows {
  const places = new Map<string, number>();
  const all: Asked[] = [];
  return {
    all,
    placeOf: (claim, reserve) => {
      let place = places.get(claim.family);
      if (place === undefined) {
        place = all.push({ claim, total: 0, most: null, cap: null, who: "" });
        places.set(claim.family, place);
      }
      const asked = all[place - 1];
      if (asked) {
        if (claim.limit !== null) asked.most = Math.min(asked.most ?? claim.limit, claim.limit);
        asked.cap = claim.cap ?? asked.cap;
        asked.who += `${reserve},`;
      }
      return place;
    },
    hold: (place, amount) => {
      const asked = all[place - 1];
      if (asked) asked.total += amount;
    },
    totals: () => {
      const totals = all.map(({ total }) => total);
      return totals.every(Number.isSafeInteger) ? totals : undefined;
    },
  };
}

/** As `commit_v1` takes them. */
export function windowLists(
  { all, totals }: AskedWindows,
  isPlain: boolean,
): readonly (string | null)[] {
  const sums = isPlain ? totals() : undefined;
  const rest = all.map(({ claim, who }) => {
    const { scope, subject, unit, period, zone, start, end, rollingMs } = claim;
    return {
      scope,
      subject,
      unit,
      period,
      zone,
      starts: start,
      ends: end,
      rolling: rollingMs,
      who,
    };
  });
  return [
    texts(all.map(({ claim }) => claim.family)),
    sums ? numbers(sums) : null,
    numbers(all.map(({ most }) => most)),
    numbers(all.map(({ cap }) => cap)),
    JSON.stringify(rest),
  ];
}
