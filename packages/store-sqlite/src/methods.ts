/** Every method of the store, each a function to be run inside one transaction. */
import type { DatabaseSync } from "node:sqlite";
import { type Store, windowOf } from "@assistants-budget/core/store";
import { acts } from "./acts/acts.ts";
import { userThreads } from "./acts/user-threads.ts";
import { type Transacted, type Transactions, transactions } from "./file/transactions.ts";
import { ledger } from "./ledger.ts";
import { state as stateFor } from "./state.ts";
import { threads } from "./threads.ts";
import { stateOf } from "./windows/counter.ts";
import { fullest } from "./windows/fullest.ts";

type Methods = Transacted<Omit<Store, "name" | "open" | "close">>;

interface Opened {
  readonly methods: Methods;
  readonly transactions: Transactions;
}

export function methodsOn(
  db: DatabaseSync,
  options: { readonly clock: () => number; readonly keepMs: number },
): Opened {
  const state = stateFor(db, options);
  const { now, counters, holds, lines, notices, settings } = state;
  const takeLease = db.prepare(
    `INSERT INTO leases (name, owner, until) VALUES ($name, $owner, $until)
     ON CONFLICT DO UPDATE SET owner = $owner, until = $until
     WHERE owner = $owner OR until <= $at`,
  );

  const methods: Methods = {
    now,
    ...ledger(state),
    ...threads(db, { now, userOf: settings.userOf }),
    act: acts(state, userThreads(db)),
    attach: holds.attach,
    renew: (ids, ttlMs) => {
      const until = now() + ttlMs;
      return ids.filter((id) => holds.renew(id, until));
    },
    holds: ({ expired, limit }) =>
      holds.list({ until: expired ? now() : Number.MAX_SAFE_INTEGER, limit }),
    lease: ({ name, owner, ttlMs }) => {
      const at = now();
      return takeLease.run({ name, owner, until: at + ttlMs, at }).changes > 0;
    },
    windows: (windows) => {
      const at = now();
      return windows.map((asked) => {
        const counter = counters.find(asked, at);
        return counter
          ? stateOf(counter, at)
          : { ...windowOf(asked), spent: 0, held: 0, credit: 0 };
      });
    },
    lines: (query) => {
      const user = query.user === undefined ? undefined : settings.userOf(query.user);
      return lines.read(
        query,
        user === undefined ? undefined : [user, ...settings.aliasesOf(user)],
      );
    },
    settings: (subjects) => subjects.map(settings.of),
    fullest: (query) => fullest(counters, query, now()),
    takeNotices: (request) => notices.take(request, now()),
    dropNotice: notices.drop,
  };
  return { methods, transactions: transactions(db, state) };
}
