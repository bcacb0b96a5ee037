/** The tables; `$` stands for the schema. */
export const TABLES: string = `
  CREATE TABLE $.migrations (
    version integer PRIMARY KEY,
    at      timestamptz NOT NULL DEFAULT clock_timestamp()
  );

  -- One row a window; no two of a family overlap. The latest one is the one that was held in last:
  -- whoever has its lock has the family.
  CREATE SEQUENCE $.counter_ids;
  CREATE TABLE $.counters (
    id      bigint   PRIMARY KEY,
    family  text     COLLATE "C" NOT NULL,
    latest  boolean  NOT NULL,
    scope   text     NOT NULL,
    subject text     NOT NULL,
    unit    text     NOT NULL,
    period  text     NOT NULL,
    zone    text     NOT NULL,
    starts  bigint   NOT NULL,
    ends    bigint   NOT NULL,
    rolling bigint,
    spent   bigint   NOT NULL DEFAULT 0,
    held    bigint   NOT NULL DEFAULT 0,
    credit  bigint   NOT NULL DEFAULT 0,
    -- What was claimed of it last; null is unlimited.
    cap     bigint,
    -- The last notice.
    noticed_limit     bigint,
    noticed_threshold bigint,
    noticed_at        bigint,
    -- What never changes of it, as it is told.
    told    text GENERATED ALWAYS AS ($.window_v1(family, scope, subject, unit, period, zone, starts, ends, rolling)) STORED
  ) WITH (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.05);
  CREATE UNIQUE INDEX counters_latest ON $.counters (family) WHERE latest;
  CREATE UNIQUE INDEX counters_windows ON $.counters (family, starts);
  CREATE INDEX counters_subject ON $.counters (scope, subject);
  CREATE INDEX counters_ended ON $.counters (ends) WHERE ends < 8640000000000000;

  -- A rolling window's spending, by the time of its charges: those of two periods.
  CREATE TABLE $.buckets (
    counter  bigint NOT NULL,
    bucket   bigint NOT NULL,
    spent    bigint NOT NULL,
    youngest bigint NOT NULL,
    -- When nothing that it can hold counts any more: never changes, so that its index costs nothing.
    gone     bigint NOT NULL,
    PRIMARY KEY (counter, bucket)
  ) WITH (fillfactor = 70);
  CREATE INDEX buckets_gone ON $.buckets (gone);

  -- Counters that a merge has brought into others: what was taken from them ends there.
  CREATE TABLE $.moved (
    counter bigint PRIMARY KEY,
    target  bigint NOT NULL
  );
  CREATE INDEX moved_target ON $.moved (target);

  -- Windows that began with a past, for whom, and the charges that it was made of: up to a line, from
  -- one time to another. What corrects these later lands there, too.
  CREATE TABLE $.seeded (
    scope   text   NOT NULL,
    subject text   COLLATE "C" NOT NULL,
    counter bigint NOT NULL,
    cap     bigint,
    since   bigint NOT NULL,
    until   bigint NOT NULL,
    line    bigint NOT NULL,
    PRIMARY KEY (scope, subject, counter)
  );
  CREATE INDEX seeded_counter ON $.seeded (counter);

  -- What operators have said; the key is scope and subject, with a line break in between.
  CREATE TABLE $.settings (
    key     text    COLLATE "C" PRIMARY KEY,
    scope   text    NOT NULL,
    subject text    COLLATE "C" NOT NULL,
    version bigint  NOT NULL,
    limits  text,
    frozen  boolean NOT NULL DEFAULT false,
    alias   text    COLLATE "C"
  );
  CREATE INDEX settings_alias ON $.settings (alias) WHERE alias IS NOT NULL;

  CREATE TABLE $.notices (
    id        text     COLLATE "C" PRIMARY KEY,
    seq       bigint   GENERATED ALWAYS AS IDENTITY,
    at        bigint   NOT NULL,
    threshold bigint   NOT NULL,
    most      bigint   NOT NULL,
    since     bigint   NOT NULL,
    spent     bigint   NOT NULL,
    family    text     NOT NULL,
    scope     text     NOT NULL,
    subject   text     COLLATE "C" NOT NULL,
    unit      text     NOT NULL,
    period    text     NOT NULL,
    zone      text     NOT NULL,
    starts    bigint   NOT NULL,
    ends      bigint   NOT NULL,
    rolling   bigint,
    owner     text,
    until     bigint   NOT NULL DEFAULT 0
  );
  CREATE INDEX notices_order ON $.notices (seq);

  CREATE TABLE $.holds (
    id            text     COLLATE "C" PRIMARY KEY,
    state         text     NOT NULL CHECK (state IN ('open', 'settled', 'assumed', 'corrected', 'released')),
    owner         text     NOT NULL,
    created_at    bigint   NOT NULL,
    expires_at    bigint   NOT NULL,
    output_tokens bigint   NOT NULL,
    ceiling       bigint   NOT NULL,
    tokens        bigint   NOT NULL,
    response_id   text,
    -- Whose it is; the charge's line has that, so that a hold that has ended names nobody.
    user_id       text,
    thread_id     text,
    run_id        text,
    subjects      text[],
    facts         text,
    ended_at      bigint,
    -- A part each: of which counter, how much, and of how much the thresholds are parts.
    counters      bigint[] NOT NULL,
    amounts       bigint[] NOT NULL,
    caps          bigint[] NOT NULL,
    thresholds    bigint[] NOT NULL
  ) WITH (fillfactor = 80);
  CREATE INDEX holds_open ON $.holds (expires_at) WHERE state = 'open';
  CREATE INDEX holds_ended ON $.holds (ended_at) WHERE ended_at IS NOT NULL;

  CREATE SEQUENCE $.line_ids;
  CREATE TABLE $.lines (
    id        bigint PRIMARY KEY,
    kind      text   NOT NULL,
    at        bigint NOT NULL,
    -- Of steps, and of adjustments of them; an act of another kind has no hold.
    hold      text   COLLATE "C" NOT NULL DEFAULT '',
    -- Whom it is about, by the name that was used; aliases are resolved when lines are read.
    user_id   text   COLLATE "C",
    thread_id text   COLLATE "C",
    run_id    text   COLLATE "C",
    nano      bigint,
    tokens    bigint,
    -- Of a charge: what corrected or adjusted it since, so that sums need no other line.
    later_nano   bigint,
    later_tokens bigint,
    ceiling   bigint,
    charge    text,
    facts     text,
    -- Of acts: what was said, who said so and why.
    act_id    text   COLLATE "C" NOT NULL DEFAULT '',
    act       jsonb,
    said      text
  );
  CREATE UNIQUE INDEX lines_hold ON $.lines (hold, kind, act_id);
  CREATE UNIQUE INDEX lines_act ON $.lines (act_id) WHERE act_id <> '';
  CREATE INDEX lines_user ON $.lines (user_id, id);
  CREATE INDEX lines_run ON $.lines (run_id, id) WHERE run_id IS NOT NULL;
  CREATE INDEX lines_thread ON $.lines (thread_id, id) WHERE thread_id IS NOT NULL;
  -- For the app's own sums, a stretch of time at a go: it is as good as free.
  CREATE INDEX lines_at ON $.lines USING brin (at);

  -- The lines of the subjects of the app's own scopes; the key is that of the settings.
  CREATE TABLE $.line_subjects (
    subject text   COLLATE "C",
    line    bigint,
    PRIMARY KEY (subject, line)
  );

  CREATE TABLE $.leases (
    name  text   PRIMARY KEY,
    owner text   NOT NULL,
    until bigint NOT NULL
  );

  CREATE TABLE $.threads (
    id          text   COLLATE "C" PRIMARY KEY,
    user_id     text   COLLATE "C" NOT NULL,
    created_at  bigint NOT NULL,
    first       bigint NOT NULL DEFAULT 0,
    next        bigint NOT NULL DEFAULT 0,
    mark        text,
    fence       bigint NOT NULL DEFAULT 1,
    lease_run   text,
    lease_until bigint NOT NULL DEFAULT 0
  ) WITH (fillfactor = 70);
  CREATE INDEX threads_user ON $.threads (user_id);

  CREATE TABLE $.items (
    thread text   COLLATE "C" NOT NULL,
    seq    bigint NOT NULL,
    run    text   NOT NULL,
    item   text   NOT NULL,
    PRIMARY KEY (thread, seq)
  );

  CREATE TABLE $.runs (
    id         text   COLLATE "C" PRIMARY KEY,
    seq        bigint GENERATED ALWAYS AS IDENTITY,
    thread     text   COLLATE "C" NOT NULL,
    user_id    text   COLLATE "C" NOT NULL,
    created_at bigint NOT NULL,
    record     text   NOT NULL
  ) WITH (fillfactor = 70);
  CREATE INDEX runs_thread ON $.runs (thread, created_at, seq);
  CREATE INDEX runs_user ON $.runs (user_id);
`;
