/** Holds: open ones as rows, ended ones as lines or, if nothing was charged, as names. */
import type { DatabaseSync } from "node:sqlite";
import type { Entry, HoldFacts, OpenHold } from "@assistants-budget/core/store";
import { type Taken, readTaken, writeEntry, writeTaken } from "./entries.ts";
import { type Row, int, optionalText, text } from "./file/rows.ts";
import { factsOf, factsText } from "./lines.ts";
import type { Counter } from "./windows/counter.ts";

export interface Hold extends Taken {
  readonly open: OpenHold;
  readonly origin: number;
  /** Facts and parts as they are written. */
  readonly facts: string;
  readonly taken: string;
}

type Fate = "open" | "charged" | "released";

export interface Holds {
  open(id: string): Hold | undefined;
  /** What has become of an id; nothing for one that was never heard of. */
  fate(id: string): Fate | undefined;
  add(open: OpenHold, of: Taken & { readonly origin: number }): void;
  /** It was charged: its line tells the rest. */
  charged(hold: Hold): void;
  released(hold: Hold, at: number): void;
  readonly attach: (id: string, responseId: string) => void;
  renew(id: string, until: number): boolean;
  /** Oldest first. */
  list(query?: { readonly until: number; readonly limit: number }): readonly OpenHold[];
  /** Gives an open hold one more part. */
  extend(id: string, entry: Entry<Counter>): void;
  /** Open holds of one user are another one's from now on. */
  move(user: string, originFor: (facts: HoldFacts) => number): void;
  clear(): void;
}

/** How many open holds are remembered between transactions. */
const MOST = 10_000;
/** So many released ones are kept however old they are: a clock that leaps forgets nothing. */
const KEPT = 10_000;

const FATES: readonly Fate[] = ["open", "charged", "released"];
const EVERY = { until: Number.MAX_SAFE_INTEGER, limit: -1 };

export function holds(
  db: DatabaseSync,
  { byId, keepMs }: { byId: (id: number) => Counter | undefined; keepMs: number },
): Holds {
  const columns = "SELECT h.*, o.user, o.thread FROM holds h JOIN origins o ON o.id = h.origin";
  const one = db.prepare(`${columns} WHERE h.id = ?`);
  const ofUser = db.prepare(`${columns} WHERE o.user = ?`);
  const expired = db.prepare(`${columns} WHERE h.expires_at <= ? ORDER BY h.no LIMIT ?`);
  const fate = db.prepare(
    `SELECT CASE WHEN EXISTS (SELECT 1 FROM holds WHERE id = ?) THEN 'open'
                 WHEN EXISTS (SELECT 1 FROM lines WHERE hold = ?) THEN 'charged'
                 WHEN EXISTS (SELECT 1 FROM released WHERE id = ?) THEN 'released' END AS fate`,
  );
  const insert = db.prepare(
    `INSERT INTO holds (id, origin, run, owner, created_at, expires_at, output_tokens, ceiling, tokens, facts, entries)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  );
  const remove = db.prepare("DELETE FROM holds WHERE id = ?");
  const insertReleased = db.prepare("INSERT INTO released (id, at) VALUES (?, ?)");
  const purge = db.prepare(
    `DELETE FROM released WHERE no IN (
       SELECT no FROM released WHERE no <= ? - ${KEPT} ORDER BY no LIMIT 4
     ) AND at < ?`,
  );
  const setResponse = db.prepare("UPDATE holds SET response_id = ? WHERE id = ?");
  const setExpiry = db.prepare("UPDATE holds SET expires_at = ? WHERE id = ?");
  const setOrigin = db.prepare("UPDATE holds SET origin = ? WHERE id = ?");
  const extend = db.prepare(
    "UPDATE holds SET entries = substr(entries, 1, length(entries) - 1) || ? WHERE id = ?",
  );
  const known = new Map<string, Hold>();

  function holdOf(row: Row): Hold {
    const written = text(row, "entries");
    const { thresholds, entries } = readTaken(written, byId);
    const facts = text(row, "facts");
    return {
      open: openHold(row),
      origin: int(row, "origin"),
      facts,
      taken: written,
      thresholds,
      entries,
    };
  }

  function remember(hold: Hold): Hold {
    if (known.size >= MOST) known.clear();
    known.set(hold.open.id, hold);
    return hold;
  }

  return {
    open: (id) => {
      const found = known.get(id);
      if (found) return found;
      const row = one.get(id);
      return row && remember(holdOf(row));
    },
    fate: (id) => {
      if (known.has(id)) return "open";
      const found = optionalText(fate.get(id, id, id), "fate");
      return FATES.find((fated) => fated === found);
    },
    add: (open, { origin, thresholds, entries }) => {
      const taken = writeTaken({ thresholds, entries });
      const facts = factsText(open.facts);
      insert.run(
        open.id,
        origin,
        open.facts.run,
        open.owner,
        open.createdAt,
        open.expiresAt,
        open.outputTokens,
        open.ceiling,
        open.tokens,
        facts,
        taken,
      );
      remember({ open, origin, facts, taken, thresholds, entries });
    },
    charged: ({ open: { id } }) => {
      remove.run(id);
      known.delete(id);
    },
    released: ({ open: { id } }, at) => {
      remove.run(id);
      known.delete(id);
      const { lastInsertRowid } = insertReleased.run(id, at);
      purge.run(lastInsertRowid, at - keepMs);
    },
    attach: (id, responseId) => {
      setResponse.run(responseId, id);
      known.delete(id);
    },
    renew: (id, until) => {
      known.delete(id);
      return setExpiry.run(until, id).changes > 0;
    },
    list: ({ until, limit } = EVERY) => expired.all(until, limit).map(openHold),
    extend: (id, entry) => {
      extend.run(`,${writeEntry(entry)}]`, id);
      known.delete(id);
    },
    move: (user, originFor) => {
      for (const row of ofUser.all(user)) setOrigin.run(originFor(factsOf(row)), text(row, "id"));
      known.clear();
    },
    clear: () => known.clear(),
  };
}

function openHold(row: Row): OpenHold {
  const responseId = optionalText(row, "response_id");
  return {
    id: text(row, "id"),
    owner: text(row, "owner"),
    facts: factsOf(row),
    ceiling: int(row, "ceiling"),
    tokens: int(row, "tokens"),
    outputTokens: int(row, "output_tokens"),
    createdAt: int(row, "created_at"),
    expiresAt: int(row, "expires_at"),
    ...(responseId === undefined ? {} : { responseId }),
  };
}
