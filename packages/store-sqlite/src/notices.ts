/** Notices of windows that fill up: written by what fills them, given out until they are dropped. */
import type { DatabaseSync } from "node:sqlite";
import { type Notice, noticesOf } from "@assistants-budget/core/store";
import type { Taken } from "./entries.ts";
import { int, json } from "./file/rows.ts";
import { type Counter, spentIn, stateOf } from "./windows/counter.ts";

interface Due {
  readonly cap: number | undefined;
  readonly thresholds: readonly number[];
  readonly exhausted: boolean;
  readonly now: number;
}

type Written = NonNullable<ReturnType<typeof noticesOf>>;

export interface Notices {
  /** What a window is due, if anything. */
  due(counter: Counter, due: Due): Written | undefined;
  /** Writes it, and remembers it with the window. */
  write(counter: Counter, due: Written): void;
  /** Writes what the windows of a charge are due, and says whether that was anything. */
  charged(taken: Taken, now: number): boolean;
  take(request: { owner: string; leaseMs: number; limit: number }, now: number): readonly Notice[];
  readonly drop: (id: string) => void;
  /** Deletes those of a user who is forgotten. */
  forget(user: string): void;
}

export function notices(db: DatabaseSync, describe: (counter: Counter) => void): Notices {
  const insert = db.prepare("INSERT INTO notices (id, body) VALUES (?, ?) ON CONFLICT DO NOTHING");
  const free = db.prepare("SELECT no, body FROM notices WHERE until <= ? ORDER BY no LIMIT ?");
  const lease = db.prepare("UPDATE notices SET owner = ?, until = ? WHERE no = ?");
  const remove = db.prepare("DELETE FROM notices WHERE id = ?");
  const removeUser = db.prepare(
    `DELETE FROM notices WHERE json_extract(body, '$.window.scope') = 'user'
     AND json_extract(body, '$.window.subject') = ?`,
  );

  function write(counter: Counter, { notices: written, last }: Written): void {
    counter.noticed = last;
    describe(counter);
    for (const notice of written) insert.run(notice.id, JSON.stringify(notice));
  }

  return {
    due: dueOf,
    write,
    charged: ({ entries, thresholds }, now) => {
      let noticed = false;
      if (thresholds.length === 0) return noticed;
      for (const { counter, cap } of entries) {
        const one = dueOf(counter, { cap, thresholds, exhausted: false, now });
        if (!one) continue;
        write(counter, one);
        noticed = true;
      }
      return noticed;
    },
    take: ({ owner, leaseMs, limit }, now) =>
      free.all(now, limit).map((row) => {
        lease.run(owner, now + leaseMs, int(row, "no"));
        return json<Notice>(row, "body");
      }),
    drop: (id) => void remove.run(id),
    forget: (user) => void removeUser.run(user),
  };
}

function dueOf(counter: Counter, one: Due): Written | undefined {
  const { cap, thresholds, exhausted, now } = one;
  const [least] = thresholds;
  if (cap === undefined || least === undefined) return undefined;
  // Nearly always: not even the first thousandths of the first threshold.
  const certain = Math.floor((cap + counter.credit) / 1000) * least;
  if (!exhausted && spentIn(counter, now) < certain) return undefined;
  const last = counter.noticed ? { last: counter.noticed } : {};
  return noticesOf(stateOf(counter, now), { cap, thresholds, exhausted, now, ...last });
}
