/** The tables of a budget, as a list of migrations: `user_version` says how many have run. */
import type { Schema } from "./open.ts";

/** Each runs once, in order, inside one transaction; a released one is never edited. */
const MIGRATIONS: readonly string[] = [
  `
  CREATE TABLE windows (
    id        INTEGER PRIMARY KEY,
    family    TEXT    NOT NULL,
    scope     TEXT    NOT NULL,
    subject   TEXT    NOT NULL,
    unit      TEXT    NOT NULL,
    period    TEXT    NOT NULL,
    zone      TEXT    NOT NULL,
    start     INTEGER NOT NULL,
    end       INTEGER NOT NULL,
    rolling   INTEGER,
    credit    INTEGER NOT NULL DEFAULT 0,
    cap       INTEGER,
    -- The last notice, as JSON.
    noticed   TEXT,
    -- The window that this one went into when its user was merged into another.
    moved     INTEGER,
    UNIQUE (family, start)
  ) STRICT;
  CREATE INDEX windows_subject ON windows (subject, scope);

  -- What every step changes, apart from what never changes: many to a page of the disk.
  CREATE TABLE counters (
    id    INTEGER PRIMARY KEY,
    spent INTEGER NOT NULL,
    held  INTEGER NOT NULL
  ) STRICT;

  -- Whose lines a window was seeded with, and up to which one: what is said of these later counts there, too.
  CREATE TABLE seeds (
    scope   TEXT    NOT NULL,
    subject TEXT    NOT NULL,
    counter INTEGER NOT NULL,
    line    INTEGER NOT NULL,
    since   INTEGER NOT NULL,
    until   INTEGER NOT NULL,
    cap     INTEGER,
    PRIMARY KEY (scope, subject, counter)
  ) STRICT, WITHOUT ROWID;

  -- A rolling window's spending, by the time of its charges: those of two periods.
  CREATE TABLE buckets (
    counter  INTEGER NOT NULL,
    bucket   INTEGER NOT NULL,
    spent    INTEGER NOT NULL,
    youngest INTEGER NOT NULL,
    PRIMARY KEY (counter, bucket)
  ) STRICT, WITHOUT ROWID;

  -- Only open ones: a settled hold lives on in its line, a released one in its name.
  CREATE TABLE holds (
    no            INTEGER PRIMARY KEY,
    id            TEXT    NOT NULL UNIQUE,
    origin        INTEGER NOT NULL,
    run           TEXT    NOT NULL,
    owner         TEXT    NOT NULL,
    created_at    INTEGER NOT NULL,
    expires_at    INTEGER NOT NULL,
    output_tokens INTEGER NOT NULL,
    ceiling       INTEGER NOT NULL,
    tokens        INTEGER NOT NULL,
    response_id   TEXT,
    facts         TEXT    NOT NULL,
    entries       TEXT    NOT NULL
  ) STRICT;
  CREATE TABLE released (
    no INTEGER PRIMARY KEY,
    id TEXT    NOT NULL UNIQUE,
    at INTEGER NOT NULL
  ) STRICT;

  -- Whose steps: a row for each thread of a user.
  CREATE TABLE origins (
    id     INTEGER PRIMARY KEY,
    user   TEXT NOT NULL,
    thread TEXT NOT NULL
  ) STRICT;
  CREATE INDEX origins_user ON origins (user);
  CREATE INDEX origins_thread ON origins (thread);

  -- Each line of an origin knows the one before it, and here is the last. An index would be written
  -- in another place for each step; this is a few pages, however long the ledger is.
  CREATE TABLE chains (
    origin INTEGER PRIMARY KEY,
    last   INTEGER NOT NULL
  ) STRICT;

  CREATE TABLE lines (
    id      INTEGER PRIMARY KEY,
    kind    TEXT    NOT NULL,
    at      INTEGER NOT NULL,
    -- From here on of steps only.
    hold    TEXT,
    origin  INTEGER,
    before  INTEGER,
    run     TEXT,
    nano    INTEGER,
    tokens  INTEGER,
    known   TEXT,
    ceiling INTEGER,
    charge  TEXT,
    facts   TEXT,
    entries TEXT
  ) STRICT;
  CREATE INDEX lines_hold ON lines (hold) WHERE hold IS NOT NULL;
  CREATE INDEX lines_run ON lines (run) WHERE run IS NOT NULL;

  -- What operators did; each has its line.
  CREATE TABLE acts (
    line INTEGER PRIMARY KEY,
    id   TEXT NOT NULL UNIQUE,
    -- Of an adjustment: its hold and the difference.
    hold TEXT,
    nano INTEGER,
    body TEXT NOT NULL
  ) STRICT;
  CREATE INDEX acts_hold ON acts (hold) WHERE hold IS NOT NULL;
  CREATE TABLE act_users (
    user TEXT    NOT NULL,
    line INTEGER NOT NULL,
    PRIMARY KEY (user, line)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE settings (
    scope   TEXT    NOT NULL,
    subject TEXT    NOT NULL,
    version INTEGER NOT NULL,
    limits  TEXT,
    frozen  INTEGER NOT NULL DEFAULT 0,
    alias   TEXT,
    PRIMARY KEY (scope, subject)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX settings_alias ON settings (alias) WHERE alias IS NOT NULL;

  CREATE TABLE notices (
    no    INTEGER PRIMARY KEY,
    id    TEXT    NOT NULL UNIQUE,
    body  TEXT    NOT NULL,
    owner TEXT,
    until INTEGER NOT NULL DEFAULT 0
  ) STRICT;

  CREATE TABLE leases (
    name  TEXT    PRIMARY KEY,
    owner TEXT    NOT NULL,
    until INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE threads (
    id          TEXT    PRIMARY KEY,
    user        TEXT    NOT NULL,
    created_at  INTEGER NOT NULL,
    first       INTEGER NOT NULL,
    next        INTEGER NOT NULL,
    mark        TEXT,
    fence       INTEGER NOT NULL,
    lease_run   TEXT,
    lease_until INTEGER NOT NULL DEFAULT 0
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX threads_user ON threads (user);

  CREATE TABLE items (
    thread TEXT    NOT NULL,
    seq    INTEGER NOT NULL,
    run    TEXT    NOT NULL,
    item   TEXT    NOT NULL,
    PRIMARY KEY (thread, seq)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE runs (
    id         TEXT    PRIMARY KEY,
    thread     TEXT    NOT NULL,
    user       TEXT    NOT NULL,
    created_at INTEGER NOT NULL,
    record     TEXT    NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX runs_thread ON runs (thread, created_at);
  CREATE INDEX runs_user ON runs (user);
  `,
];

/** "abud" */
export const BUDGET: Schema = {
  applicationId: 0x61627564,
  migrations: MIGRATIONS,
  madeBy: "sqlite({ path })",
  elsewhere: "Use a store on a server: Redis or PostgreSQL.",
  empty: "empty budgets",
};
