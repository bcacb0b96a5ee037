import type { DatabaseSync } from "node:sqlite";
import {
  type Charge,
  type Entry,
  type HoldFacts,
  type LedgerStore,
  type OpenHold,
  type ReserveReply,
  type ReserveRequest,
  type SettleReply,
  admit,
  ceilingOf,
  chargeLine,
  correctionLine,
  entryOf,
  spentOf,
  windowOf,
} from "@assistants-budget/core/store";
import { type Counter, counters } from "./counters.ts";
import { lines } from "./lines.ts";
import { type Row, int, json, optionalText, text } from "./rows.ts";

/** The store's methods, each a function to be run inside one transaction. */
export type Transacted<Methods> = {
  readonly [Name in keyof Methods]: Methods[Name] extends (...a: infer A) => Promise<infer R>
    ? (...a: A) => R
    : never;
};

/** The ledger on an open database; `now` is epoch ms by the store's clock. */
export function ledger(db: DatabaseSync, now: () => number): Transacted<LedgerStore> {
  const counter = counters(db);
  const line = lines(db);
  const holdById = db.prepare("SELECT * FROM holds WHERE id = ?");
  const insertHold = db.prepare(
    `INSERT INTO holds (id, state, owner, created_at, expires_at, output_tokens, ceiling, tokens, entries, facts)
     VALUES (?, 'open', ?, ?, ?, ?, ?, ?, ?, ?)`,
  );
  const endHold = db.prepare("UPDATE holds SET state = ? WHERE id = ?");
  const attachHold = db.prepare("UPDATE holds SET response_id = ? WHERE id = ?");
  const renewHold = db.prepare(
    "UPDATE holds SET expires_at = ? WHERE id = ? AND state = 'open' RETURNING id",
  );
  const openHolds = db.prepare(
    "SELECT * FROM holds WHERE state = 'open' AND expires_at <= ? ORDER BY created_at, id LIMIT ?",
  );

  const takeLease = db.prepare(
    `INSERT INTO leases (name, owner, until) VALUES ($name, $owner, $until)
     ON CONFLICT DO UPDATE SET owner = $owner, until = $until
     WHERE owner = $owner OR until <= $at`,
  );

  function windowsOf(row: Row, at: number): ReturnType<typeof counter.state>[] {
    return entriesOf(row).map((entry) => counter.state(entry.counter, at));
  }

  /** The same answer as the first time: what was held is held once. */
  function heldBefore(row: Row, at: number): ReserveReply {
    if (text(row, "state") !== "open") return { kind: "ended", now: at };
    return {
      kind: "held",
      outputTokens: int(row, "output_tokens"),
      windows: windowsOf(row, at),
      now: at,
      expiresAt: int(row, "expires_at"),
    };
  }

  function reserve(request: ReserveRequest): ReserveReply {
    const at = now();
    const before = holdById.get(request.hold);
    if (before) return heldBefore(before, at);

    const found: Counter[] = [];
    for (const claim of request.claims) {
      const one = counter.find(claim, at);
      if (!one) return { kind: "stale", now: at };
      found.push(one);
    }
    const windows = found.map(({ state }) => state);
    const claims = request.claims.map((claim, i) => ({
      ...windows[i],
      ...claim,
      ...sums(found[i]),
    }));
    const verdict = admit(claims, request.output);
    if (!verdict.ok)
      return { kind: "refused", windows, refused: verdict.refused, fits: verdict.fits, now: at };

    const { outputTokens } = verdict;
    const entries = request.claims.map((claim, i) => {
      const one = found[i];
      if (!one) throw new RangeError(`no counter for claim ${i}`);
      const entry = entryOf(counter.ensure(one), claim, outputTokens);
      counter.hold(entry.counter, entry.amount);
      return entry;
    });
    const { nano, tokens } = ceilingOf(request, outputTokens);
    const expiresAt = at + request.ttlMs;
    insertHold.run(
      ...([request.hold, request.owner, at, expiresAt, outputTokens, nano, tokens] as const),
      JSON.stringify(entries),
      JSON.stringify(request.facts),
    );
    return {
      kind: "held",
      outputTokens,
      windows: windows.map((state, i) => ({
        ...state,
        held: state.held + (entries[i]?.amount ?? 0),
      })),
      now: at,
      expiresAt,
    };
  }

  /** Better knowledge of a hold that was charged as assumed: the difference, dated as the charge was. */
  function correct(row: Row, charge: Charge): SettleReply {
    const first = line.charge(text(row, "id"));
    if (!first) return { kind: "already" };
    if (
      first.charge.known !== "assumed" ||
      charge.known === "assumed" ||
      line.corrected(first.hold)
    )
      return { kind: "already", line: first };
    const at = now();
    for (const entry of entriesOf(row)) {
      const spent = spentOf(entry, charge) - spentOf(entry, first.charge);
      counter.spend(entry, { spent, held: 0, at: first.at });
    }
    const written = line.write(correctionLine(first, charge, at));
    return { kind: "settled", line: written, windows: windowsOf(row, at) };
  }

  function settle(hold: string, charge: Charge): SettleReply {
    const row = holdById.get(hold);
    if (!row) return { kind: "unknown" };
    if (text(row, "state") !== "open") return correct(row, charge);
    const at = now();
    for (const entry of entriesOf(row))
      counter.spend(entry, { spent: spentOf(entry, charge), held: -entry.amount, at });
    endHold.run("settled", hold);
    const written = line.write(chargeLine(openHold(row), charge, at));
    return { kind: "settled", line: written, windows: windowsOf(row, at) };
  }

  function release(hold: string): SettleReply {
    const row = holdById.get(hold);
    if (!row) return { kind: "unknown" };
    if (text(row, "state") !== "open") {
      const first = line.charge(hold);
      return first ? { kind: "already", line: first } : { kind: "already" };
    }
    for (const entry of entriesOf(row)) counter.hold(entry.counter, -entry.amount);
    endHold.run("released", hold);
    return { kind: "released", windows: windowsOf(row, now()) };
  }

  return {
    now,
    reserve,
    settle,
    release,
    attach: (hold, responseId) => void attachHold.run(responseId, hold),
    renew: (holds, ttlMs) => {
      const until = now() + ttlMs;
      return holds.filter((hold) => renewHold.get(until, hold) !== undefined);
    },
    holds: ({ expired, limit }) =>
      openHolds.all(expired ? now() : Number.MAX_SAFE_INTEGER, limit).map(openHold),
    lease: ({ name, owner, ttlMs }) => {
      const at = now();
      return takeLease.run({ name, owner, until: at + ttlMs, at }).changes > 0;
    },
    windows: (windows) => {
      const at = now();
      return windows.map(
        (asked) => counter.find(asked, at)?.state ?? { ...windowOf(asked), spent: 0, held: 0 },
      );
    },
    lines: line.read,
  };
}

function entriesOf(row: Row): readonly Entry<number>[] {
  return json<readonly Entry<number>[]>(row, "entries");
}

function sums(counter: Counter | undefined): { readonly spent: number; readonly held: number } {
  return { spent: counter?.state.spent ?? 0, held: counter?.state.held ?? 0 };
}

function openHold(row: Row): OpenHold {
  const responseId = optionalText(row, "response_id");
  return {
    id: text(row, "id"),
    owner: text(row, "owner"),
    facts: json<HoldFacts>(row, "facts"),
    ceiling: int(row, "ceiling"),
    tokens: int(row, "tokens"),
    outputTokens: int(row, "output_tokens"),
    createdAt: int(row, "created_at"),
    expiresAt: int(row, "expires_at"),
    ...(responseId === undefined ? {} : { responseId }),
  };
}
