/** The tables, as a list of migrations: `user_version` says how many have run. */

/** Marks a file as ours (`PRAGMA application_id`): "abud". */
export const APPLICATION_ID = 0x61627564;

/** Each runs once, in order, inside one transaction; a released one is never edited. */
export const MIGRATIONS: readonly string[] = [
  `
  CREATE TABLE counters (
    id      INTEGER PRIMARY KEY,
    family  TEXT    NOT NULL,
    scope   TEXT    NOT NULL,
    subject TEXT    NOT NULL,
    unit    TEXT    NOT NULL,
    period  TEXT    NOT NULL,
    zone    TEXT    NOT NULL,
    start   INTEGER NOT NULL,
    end     INTEGER NOT NULL,
    rolling INTEGER,
    spent   INTEGER NOT NULL DEFAULT 0,
    held    INTEGER NOT NULL DEFAULT 0,
    UNIQUE (family, start)
  ) STRICT;

  -- A rolling window's spending, by the time of its charges; at most 64 rows a counter.
  CREATE TABLE buckets (
    counter  INTEGER NOT NULL,
    bucket   INTEGER NOT NULL,
    spent    INTEGER NOT NULL,
    youngest INTEGER NOT NULL,
    PRIMARY KEY (counter, bucket)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE holds (
    id            TEXT    PRIMARY KEY,
    state         TEXT    NOT NULL CHECK (state IN ('open', 'settled', 'released')),
    owner         TEXT    NOT NULL,
    created_at    INTEGER NOT NULL,
    expires_at    INTEGER NOT NULL,
    output_tokens INTEGER NOT NULL,
    ceiling       INTEGER NOT NULL,
    tokens        INTEGER NOT NULL,
    response_id   TEXT,
    entries       TEXT    NOT NULL,
    facts         TEXT    NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX holds_open ON holds (expires_at) WHERE state = 'open';

  CREATE TABLE lines (
    id      INTEGER PRIMARY KEY,
    hold    TEXT    NOT NULL,
    kind    TEXT    NOT NULL,
    at      INTEGER NOT NULL,
    user    TEXT    NOT NULL,
    run     TEXT    NOT NULL,
    nano    INTEGER NOT NULL,
    known   TEXT    NOT NULL,
    ceiling INTEGER NOT NULL,
    overrun INTEGER,
    charge  TEXT    NOT NULL,
    facts   TEXT    NOT NULL,
    UNIQUE (hold, kind)
  ) STRICT;
  CREATE INDEX lines_user ON lines (user, at);

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
  `,
];
