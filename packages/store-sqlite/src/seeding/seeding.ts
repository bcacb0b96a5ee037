/** A window of a period that a later deploy brought begins with what its subject has spent in it before. */
import {
  type Entry,
  FOREVER,
  type HoldFacts,
  type OpenHold,
  type WindowAt,
  entryOf,
  isOf,
} from "@assistants-budget/core/store";
import type { SubjectSettings } from "../acts/settings.ts";
import type { Holds } from "../holds.ts";
import { type Counter, addToBucket } from "../windows/counter.ts";
import type { Counters } from "../windows/counters.ts";
import type { ChargesOf, Past } from "./past.ts";
import type { Seeds } from "./seeds.ts";

/** A window, and what is to be done beside when it begins. */
export interface Found {
  readonly counter: Counter;
  readonly whenBegun?: () => void;
}

export interface Seeding {
  /**
   * The counter in force, or a new one; seeded, if its family is new to a subject that is not.
   * Nothing where `now` lies outside the window asked for.
   */
  find(at: WindowAt & { readonly cap?: number | null }, now: number): Found | undefined;
  /** The windows in which a charge counts because they were seeded with it. */
  entriesFor(charged: { id: string; at: number; facts: HoldFacts }): Entry<Counter>[];
}

interface Parts {
  readonly counters: Counters;
  readonly holds: Holds;
  readonly past: Past;
  readonly seeds: Seeds;
  readonly settings: SubjectSettings;
}

export function seeding({ counters, holds, past, seeds, settings }: Parts): Seeding {
  function counts({ facts }: OpenHold, { scope, subject }: WindowAt): boolean {
    if (scope === "user") return settings.userOf(facts.user) === subject;
    return isOf(facts, scope, subject);
  }

  /** Gives each open hold that counts its part, with what it would have taken. */
  function partsOfHolds(counter: Counter, whose: ChargesOf, part: Entry<Counter>) {
    const runs = new Set<string>();
    const amountOf = ({ ceiling, tokens, facts: { run } }: OpenHold): number => {
      if (part.unit === "usd") return ceiling;
      if (part.unit === "tokens") return tokens;
      if (runs.has(run) || past.hasRun(whose, run)) return 0;
      runs.add(run);
      return 1;
    };
    return holds.list().flatMap((hold) => {
      if (!counts(hold, counter.at)) return [];
      const amount = amountOf(hold);
      counter.held += amount;
      return { id: hold.id, entry: { ...part, amount } };
    });
  }

  function seed(counter: Counter, cap: number | null, now: number): Found {
    const { scope, subject, unit, start, end, rollingMs } = counter.at;
    const names = scope === "user" ? [subject, ...settings.aliasesOf(subject)] : [subject];
    const since = rollingMs === undefined ? start : now - rollingMs + 1;
    const whose = { scope, names, since, until: end };
    const part = partIn(counter, cap);
    const { bucket: width } = part;
    for (const { spent, at } of past.sums(whose, unit, width ?? FOREVER)) {
      if (width === undefined) counter.spent += spent;
      else addToBucket(counter, Math.floor(at / width), { spent, youngest: at });
    }
    const parts = partsOfHolds(counter, whose, part);
    const whenBegun = (): void => {
      for (const { id, entry } of parts) holds.extend(id, entry);
      // A run stays one run, whatever is said of its charges.
      if (unit !== "runs") seeds.add(whose, counter.id, cap);
    };
    return { counter, whenBegun };
  }

  return {
    find: (at, now) => {
      const counter = counters.find(at, now);
      if (!counter) return undefined;
      return counter.id === 0 && counters.isNewTo(at)
        ? seed(counter, at.cap ?? null, now)
        : { counter };
    },
    entriesFor: (charged) =>
      seeds.of(charged).flatMap(({ counter: id, cap }) => {
        const counter = counters.byId(id);
        return counter ? partIn(counter, cap) : [];
      }),
  };
}

/** A part of nothing: what is charged later counts in it. */
function partIn(counter: Counter, cap: number | null): Entry<Counter> {
  return entryOf(counter, { ...counter.at, limit: null, cap, fixed: 0, perOutput: 0 }, 0);
}
