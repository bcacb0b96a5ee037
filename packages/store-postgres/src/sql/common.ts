/** What the other functions stand on. */

/** Plans that hold at any size of a table, for a function's whole life. */
export const PLANS =
  "SET jit = off SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off SET plan_cache_mode = force_generic_plan";

/**
 * Whoever moves money shares this lock, and an act has it alone: when it is answered, nothing that was
 * decided by the settings before it is under way any more. Each statement after it sees what was
 * committed before it was taken.
 */
export const SHARED = "PERFORM pg_advisory_xact_lock_shared(hashtextextended('$.settings', 0));";
export const ALONE = "PERFORM pg_advisory_xact_lock(hashtextextended('$.settings', 0));";

/**
 * Taken before all others: acts go one by one, and what changes lines that are written waits for them,
 * so that a user's many lines are rewritten before anybody else has to wait.
 */
export const ACTS_ALONE = "PERFORM pg_advisory_xact_lock(hashtextextended('$.acts', 0));";
export const NO_ACT = "PERFORM pg_advisory_xact_lock_shared(hashtextextended('$.acts', 0));";

/** Whoever writes lines shares this one, and whoever reads them page by page waits for it. */
export const WRITES_LINES = "PERFORM pg_advisory_xact_lock_shared(hashtextextended('$.lines', 0));";

/** An answer is a promise: it is never given for a commit that may still be lost. */
export const SYNCED: string = `
  IF current_setting('synchronous_commit') = 'off' THEN
    PERFORM set_config('synchronous_commit', 'on', true);
  END IF;`;

/** `$` stands for the schema. */
export const COMMON: string = `
  -- The time: the caller's where a test gives one, else the server's.
  CREATE FUNCTION $.now_v1(given bigint) RETURNS bigint LANGUAGE sql VOLATILE AS $f$
    SELECT coalesce(given, floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint)
  $f$;

  CREATE FUNCTION $.time_v1(given bigint) RETURNS text LANGUAGE sql VOLATILE AS $f$
    SELECT $.now_v1(given)::text
  $f$;

  -- Rows are locked by (rank, family, id): what is shared by more comes later and is held shorter.
  CREATE FUNCTION $.rank_v1(scope text) RETURNS smallint LANGUAGE sql IMMUTABLE AS $f$
    SELECT CASE WHEN scope IN ('run', 'thread', 'user') THEN 0::smallint WHEN scope = 'app' THEN 2::smallint ELSE 1::smallint END
  $f$;

  -- What is spent in a rolling window, and when its oldest charge leaves.
  CREATE FUNCTION $.recent_v1(the_counter bigint, period bigint, at bigint)
  RETURNS TABLE (spent bigint, frees bigint) LANGUAGE sql STABLE ROWS 1 AS $f$
    SELECT coalesce(sum(b.spent), 0)::bigint, min(b.youngest) FILTER (WHERE b.spent > 0) + period
    FROM $.buckets b WHERE b.counter = the_counter AND b.youngest > at - period
  $f$;

  -- Windows as they stand.
  CREATE FUNCTION $.states_v1(ids bigint[], at bigint) RETURNS json LANGUAGE plpgsql AS $f$
  BEGIN
    RETURN (
      SELECT coalesce(json_agg(json_build_array(c.id, c.family, c.scope, c.subject, c.unit, c.period,
        c.zone, c.starts, c.ends, c.rolling, coalesce(b.spent, c.spent), c.held, c.credit, b.frees)), '[]')
      FROM $.counters c LEFT JOIN LATERAL $.recent_v1(c.id, c.rolling, at) b ON c.rolling IS NOT NULL
      WHERE c.id = ANY (ids)
    );
  END
  $f$;

  -- What stands in the place of these counters after all merges, in their order.
  CREATE FUNCTION $.living_v1(ids bigint[]) RETURNS bigint[] LANGUAGE sql STABLE AS $f$
    SELECT ARRAY(
      SELECT coalesce(m.target, x.id) FROM unnest(ids) WITH ORDINALITY AS x(id, n)
        LEFT JOIN $.moved m ON m.counter = x.id ORDER BY x.n)
  $f$;

  -- The user that a name stands for, and all names of a user.
  CREATE FUNCTION $.user_v1(name text) RETURNS text LANGUAGE sql STABLE AS $f$
    SELECT coalesce((SELECT alias FROM $.settings WHERE key = 'user' || chr(10) || name), name)
  $f$;

  CREATE FUNCTION $.names_v1(the_user text) RETURNS text[] LANGUAGE sql STABLE AS $f$
    SELECT ARRAY(SELECT the_user UNION ALL SELECT subject FROM $.settings WHERE alias = the_user)
  $f$;

  CREATE FUNCTION $.told_v1(s $.settings) RETURNS json LANGUAGE sql STABLE AS $f$
    SELECT json_build_array(s.version, s.limits, s.frozen, s.alias)
  $f$;

  CREATE FUNCTION $.settings_v1(keys json) RETURNS text LANGUAGE sql STABLE AS $f$
    SELECT coalesce(json_agg(CASE WHEN s.key IS NOT NULL THEN $.told_v1(s) END ORDER BY k.n), '[]')::text
    FROM json_array_elements_text(keys) WITH ORDINALITY AS k(key, n) LEFT JOIN $.settings s ON s.key = k.key
  $f$;
`;
