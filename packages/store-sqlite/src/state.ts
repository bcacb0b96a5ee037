/** What the parts of the ledger share: the rows of one database, and their image in memory. */
import type { DatabaseSync } from "node:sqlite";
import { type SubjectSettings, subjectSettings } from "./acts/settings.ts";
import { type Taken, readTaken } from "./entries.ts";
import type { Image } from "./file/transactions.ts";
import { type Holds, holds as holdsOf } from "./holds.ts";
import { type Charged, type Lines, lines as linesOf } from "./lines.ts";
import { type Notices, notices as noticesOf } from "./notices.ts";
import { type Origins, origins as originsOf } from "./seeding/origins.ts";
import { past as pastOf } from "./seeding/past.ts";
import { type Seeding, seeding as seedingOf } from "./seeding/seeding.ts";
import { type Seeds, seeds as seedsOf } from "./seeding/seeds.ts";
import { type Counters, counters as countersOf } from "./windows/counters.ts";

export interface State extends Image {
  /** Epoch ms by the store's clock. */
  readonly now: () => number;
  readonly counters: Counters;
  readonly holds: Holds;
  readonly lines: Lines;
  readonly notices: Notices;
  readonly origins: Origins;
  readonly seeding: Seeding;
  readonly seeds: Seeds;
  readonly settings: SubjectSettings;
  /** The windows in which a charge counts: those of its hold, and those that were seeded with it. */
  partsOf(charged: Charged): Taken;
}

export function state(
  db: DatabaseSync,
  { clock, keepMs }: { readonly clock: () => number; readonly keepMs: number },
): State {
  const counters = countersOf(db, keepMs);
  const { byId, describe } = counters;
  const holds = holdsOf(db, { byId, keepMs });
  const settings = subjectSettings(db);
  const origins = originsOf(db);
  const seeds = seedsOf(db);
  const seeding = seedingOf({ counters, holds, settings, seeds, past: pastOf(db, origins) });

  /** What is done in one transaction is done at one time. */
  let time: number | undefined;

  function clear(): void {
    for (const part of [counters, holds, settings, origins]) part.clear();
  }

  return {
    now: () => (time ??= clock()),
    counters,
    holds,
    lines: linesOf(db, origins),
    notices: noticesOf(db, describe),
    origins,
    seeding,
    seeds,
    settings,
    partsOf: ({ line, taken }) => {
      const { thresholds, entries } = readTaken(taken, byId);
      return { thresholds, entries: [...entries, ...seeding.entriesFor(line)] };
    },
    begin: () => {
      time = undefined;
    },
    flush: () => {
      counters.flush();
      origins.flush();
    },
    clear,
    // A hold in memory points to its counters: they are forgotten together.
    trim: () => counters.isFull() && clear(),
  };
}
