/** SQLite as it is used by hand: a transaction for each operation. */
import { DatabaseSync } from "node:sqlite";
import { setImmediate as endOfTick } from "node:timers/promises";
import { CHARGE, HELD, SPENT, nextRequest } from "../requests.ts";

/** Durable as ours is. */
function openPlain(path: string): DatabaseSync {
  const db = new DatabaseSync(path, { timeout: 15_000 });
  db.exec(`
    PRAGMA journal_mode = WAL;
    PRAGMA synchronous = FULL;
    CREATE TABLE IF NOT EXISTS counters (
      family TEXT, start INTEGER, spent INTEGER, held INTEGER, PRIMARY KEY (family, start)
    ) STRICT;
    CREATE TABLE IF NOT EXISTS holds (id TEXT PRIMARY KEY, state TEXT, facts TEXT) STRICT;
    CREATE TABLE IF NOT EXISTS lines (
      id INTEGER PRIMARY KEY, hold TEXT UNIQUE, user TEXT, nano INTEGER, facts TEXT
    ) STRICT;
    CREATE INDEX IF NOT EXISTS lines_user ON lines (user);`);
  return db;
}

/** The rows that we write, without a common commit: reserve and settle are a transaction each. */
export function transactionEach(path: string): () => Promise<void> {
  const db = openPlain(path);
  const hold = db.prepare(
    `INSERT INTO counters (family, start, spent, held) VALUES (?, ?, 0, ?)
     ON CONFLICT DO UPDATE SET held = held + excluded.held RETURNING spent, held`,
  );
  const spend = db.prepare(
    "UPDATE counters SET spent = spent + ?, held = held - ? WHERE family = ? AND start = ?",
  );
  const addHold = db.prepare("INSERT INTO holds (id, state, facts) VALUES (?, 'open', ?)");
  const endHold = db.prepare("UPDATE holds SET state = 'settled' WHERE id = ?");
  const addLine = db.prepare("INSERT INTO lines (hold, user, nano, facts) VALUES (?, ?, ?, ?)");

  return async () => {
    const request = nextRequest();
    const { claims, facts } = request;
    transact(db, () => {
      for (const claim of claims) {
        const sums = hold.get(claim.family, claim.start, HELD);
        if (Number(sums?.["spent"]) + Number(sums?.["held"]) > (claim.limit ?? 0))
          throw new Error("refused");
      }
      addHold.run(request.hold, JSON.stringify(facts));
    });
    await endOfTick();
    transact(db, () => {
      for (const { family, start } of claims) spend.run(SPENT, HELD, family, start);
      endHold.run(request.hold);
      addLine.run(request.hold, facts.user, SPENT, JSON.stringify({ ...CHARGE, ...facts }));
    });
  };
}

/** The least that two durable steps can be: two transactions with one update each. */
export function twoUpdates(path: string): () => Promise<void> {
  const db = openPlain(path);
  db.exec("INSERT OR IGNORE INTO counters VALUES ('one', 0, 0, 0)");
  const hold = db.prepare("UPDATE counters SET held = held + 1 WHERE family = 'one'");
  const spend = db.prepare("UPDATE counters SET held = held - 1, spent = spent + 1");
  return async () => {
    transact(db, () => hold.run());
    await endOfTick();
    transact(db, () => spend.run());
  };
}

/** Makes the file before several processes open it: nobody waits for the lock that this takes. */
export function makePlain(path: string): void {
  openPlain(path).close();
}

/** Looks whether money is left, and adds afterwards what was spent. */
export function checkThenAdd(path: string): () => Promise<void> {
  const db = openPlain(path);
  db.exec("INSERT OR IGNORE INTO counters VALUES ('app', 0, 0, 0)");
  const look = db.prepare("SELECT spent FROM counters WHERE family = 'app'");
  const write = db.prepare("UPDATE counters SET spent = ? WHERE family = 'app'");
  return async () => {
    const spent = Number(look.get()?.["spent"]);
    await endOfTick();
    write.run(spent + SPENT);
  };
}

function transact(db: DatabaseSync, work: () => void): void {
  db.exec("BEGIN IMMEDIATE");
  try {
    work();
    db.exec("COMMIT");
  } catch (error) {
    db.exec("ROLLBACK");
    throw error;
  }
}
