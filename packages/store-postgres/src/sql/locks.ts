/** What is locked, and in which order. `$` stands for the schema. */

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

export const COUNTER_IDS: string = `
  -- Counters are locked by their ids. What is shared by more has a greater one: it comes later and is
  -- held shorter.
  CREATE FUNCTION $.rank_v1(scope text) RETURNS smallint LANGUAGE sql IMMUTABLE AS $f$
    SELECT CASE WHEN scope IN ('run', 'thread', 'user') THEN 0::smallint WHEN scope = 'app' THEN 2::smallint ELSE 1::smallint END
  $f$;

  CREATE FUNCTION $.counter_id_v1(scope text) RETURNS bigint LANGUAGE sql VOLATILE AS $f$
    SELECT ($.rank_v1(scope)::bigint << 50) + nextval('$.counter_ids')
  $f$;
`;
