/** The ledger's lines: written once, never changed. */
import type { DatabaseSync } from "node:sqlite";
import type {
  ActLine,
  Charge,
  HoldFacts,
  LedgerLine,
  LineQuery,
  StepLine,
} from "@assistants-budget/core/store";
import { type Row, int, json, text } from "./file/rows.ts";
import { type Origins, linesOf } from "./seeding/origins.ts";

/** A charge as it was written, with what settling it once more takes. */
export interface Charged {
  readonly line: StepLine;
  readonly origin: number;
  /** The step's facts and the hold's parts, as they were written. */
  readonly facts: string;
  readonly taken: string;
}

export interface Lines {
  /** What a step cost. */
  write(line: Omit<StepLine, "id">, of: Pick<Charged, "origin" | "facts" | "taken">): StepLine;
  /** What an operator did: `user` is whom it was done to. */
  writeAct(line: Omit<ActLine, "id">, user: string | undefined): ActLine;
  /** The line that ended a hold. */
  charge(hold: string): Charged | undefined;
  corrected(hold: string): boolean;
  /** What all of a hold's lines come to, nano-dollars. */
  nanoOf(hold: string): number;
  adjusted(hold: string): boolean;
  act(id: string): ActLine | undefined;
  /** Rewrites what was done to these users, under another name. */
  renameActs(
    users: readonly string[],
    to: string,
    renamed: (line: ActLine, user: string) => ActLine,
  ): void;
  /** The number of the next line. */
  next(): number;
  /** `users` are the names of the user that is asked for. */
  read(query: LineQuery, users: readonly string[] | undefined): readonly LedgerLine[];
}

/** What of a line of an act has no column of its own. */
type ActBody = Pick<ActLine, "act" | "moved">;

const COLUMNS = `SELECT l.*, o.user, o.thread, a.nano AS difference, a.body
  FROM lines l LEFT JOIN origins o ON o.id = l.origin LEFT JOIN acts a ON a.line = l.id`;
const OF_USERS = "SELECT value FROM json_each($users)";

export function lines(db: DatabaseSync, origins: Pick<Origins, "last" | "extend">): Lines {
  const insert = db.prepare(
    `INSERT INTO lines (kind, at, hold, origin, before, run, nano, tokens, known, ceiling, charge, facts, entries)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  );
  const insertStub = db.prepare("INSERT INTO lines (kind, at) VALUES (?, ?)");
  const insertAct = db.prepare(
    "INSERT INTO acts (line, id, hold, nano, body) VALUES (?, ?, ?, ?, ?)",
  );
  const insertActUser = db.prepare("INSERT INTO act_users (user, line) VALUES (?, ?)");
  const charge = db.prepare(`${COLUMNS} WHERE l.hold = ? AND l.kind = 'charge'`);
  const correction = db.prepare("SELECT 1 FROM lines WHERE hold = ? AND kind = 'correction'");
  const adjustment = db.prepare("SELECT 1 FROM acts WHERE hold = ?");
  const sum = db.prepare(
    `SELECT coalesce((SELECT sum(nano) FROM lines WHERE hold = $hold), 0)
          + coalesce((SELECT sum(nano) FROM acts WHERE hold = $hold), 0) AS nano`,
  );
  const act = db.prepare(`${COLUMNS} WHERE a.id = ?`);
  const actsOf = db.prepare(
    `SELECT l.*, a.nano AS difference, a.body, u.user FROM act_users u
     JOIN lines l ON l.id = u.line JOIN acts a ON a.line = u.line WHERE u.user = ?`,
  );
  const rewrite = db.prepare("UPDATE acts SET body = ? WHERE line = ?");
  const renameUser = db.prepare("UPDATE act_users SET user = ? WHERE user = ?");
  const last = db.prepare("SELECT coalesce(max(id), 0) AS id FROM lines");
  const page = db.prepare(`${COLUMNS} WHERE l.id > ? ORDER BY l.id LIMIT ?`);
  const ofUser = db.prepare(
    `${linesOf(`user IN (${OF_USERS})`, "$after")} ${COLUMNS} WHERE l.id IN (
       SELECT id FROM mine
       UNION ALL SELECT line FROM act_users WHERE user IN (${OF_USERS}) AND line > $after
     ) ORDER BY l.id LIMIT $limit`,
  );
  const ofRun = db.prepare(
    `${COLUMNS} WHERE l.id > $after AND l.run = $run
     AND ($users IS NULL OR o.user IN (${OF_USERS})) ORDER BY l.id LIMIT $limit`,
  );

  return {
    write: (line, { origin, facts, taken }) => {
      const { hold, kind, at, ceiling } = line;
      const { nano, tokens, known, ...rest } = line.charge;
      const { run } = line.facts;
      const { lastInsertRowid } = insert.run(
        kind,
        at,
        hold,
        origin,
        origins.last(origin),
        run,
        nano,
        tokens,
        known,
        ceiling,
        JSON.stringify(rest),
        facts,
        taken,
      );
      origins.extend(origin, Number(lastInsertRowid));
      return { id: String(lastInsertRowid), ...line };
    },
    writeAct: (line, user) => {
      const { kind, at, nano, act: said } = line;
      const id = Number(insertStub.run(kind, at).lastInsertRowid);
      const hold = said.kind === "adjustment" ? said.hold : null;
      insertAct.run(id, said.id, hold, nano ?? null, bodyText(line));
      if (user !== undefined) insertActUser.run(user, id);
      return { id: String(id), ...line };
    },
    charge: (hold) => {
      const row = charge.get(hold);
      return (
        row && {
          line: stepLine(row),
          origin: int(row, "origin"),
          facts: text(row, "facts"),
          taken: text(row, "entries"),
        }
      );
    },
    corrected: (hold) => correction.get(hold) !== undefined,
    adjusted: (hold) => adjustment.get(hold) !== undefined,
    nanoOf: (hold) => int(sum.get({ hold }), "nano"),
    act: (id) => {
      const row = act.get(id);
      return row && actLine(row);
    },
    renameActs: (users, to, renamed) => {
      for (const user of users) {
        for (const row of actsOf.all(user))
          rewrite.run(bodyText(renamed(actLine(row), user)), int(row, "id"));
        renameUser.run(to, user);
      }
    },
    next: () => int(last.get(), "id") + 1,
    read: ({ after, run, limit = 1000 }, users) => {
      const from = Number(after ?? 0);
      const names = users ? JSON.stringify(users) : null;
      if (run !== undefined)
        return ofRun.all({ after: from, run, users: names, limit }).map(lineOf);
      if (names !== null) return ofUser.all({ after: from, users: names, limit }).map(lineOf);
      return page.all(from, limit).map(lineOf);
    },
  };
}

function bodyText({ act, moved }: ActBody): string {
  return JSON.stringify(moved ? { act, moved } : { act });
}

/** What a step's facts are beside whose it was. */
export function factsText(facts: HoldFacts): string {
  const { user: _user, thread: _thread, run: _run, ...rest } = facts;
  return JSON.stringify(rest);
}

/** From a row that has the facts and whose they are. */
export function factsOf(row: Row): HoldFacts {
  const whose = { user: text(row, "user"), thread: text(row, "thread"), run: text(row, "run") };
  return { ...whose, ...json<Omit<HoldFacts, keyof typeof whose>>(row, "facts") };
}

function lineOf(row: Row): LedgerLine {
  return row["hold"] === null ? actLine(row) : stepLine(row);
}

function stepLine(row: Row): StepLine {
  const kind = text(row, "kind") === "correction" ? "correction" : "charge";
  const nano = int(row, "nano");
  const ceiling = int(row, "ceiling");
  const charge = {
    nano,
    tokens: int(row, "tokens"),
    known: knownOf(row),
    ...json<Omit<Charge, "nano" | "tokens" | "known">>(row, "charge"),
  };
  const overrun = kind === "charge" && nano > ceiling ? { overrun: nano - ceiling } : {};
  return {
    id: String(int(row, "id")),
    hold: text(row, "hold"),
    kind,
    at: int(row, "at"),
    charge,
    facts: factsOf(row),
    ceiling,
    ...overrun,
  };
}

function knownOf(row: Row): Charge["known"] {
  const value = text(row, "known");
  return value === "reported" || value === "counted" ? value : "assumed";
}

function actLine(row: Row): ActLine {
  const { act, moved } = json<ActBody>(row, "body");
  return {
    id: String(int(row, "id")),
    kind: act.kind,
    at: int(row, "at"),
    act,
    ...(row["difference"] === null ? {} : { nano: int(row, "difference") }),
    ...(moved ? { moved } : {}),
  };
}
