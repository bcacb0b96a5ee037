/** What nobody asks for any more. `$` stands for the schema. */
import { PLANS } from "./server-settings.ts";

export const PURGE: string = `
  -- When a purge last looked at the clock, and since when the clock has run without a leap.
  CREATE TABLE $.steady (
    seen  bigint NOT NULL,
    since bigint NOT NULL,
    one   boolean PRIMARY KEY DEFAULT true CHECK (one)
  );

  -- Deletes a few rows of each kind that ended so long ago, and says how many it was at most. It waits
  -- for no lock, and one process at a time does it. Nothing is old until the clock has run for as
  -- long as things are kept without a leap, either way, of more than half of that.
  CREATE FUNCTION $.purge_v1(given bigint, keep bigint, most bigint) RETURNS text LANGUAGE plpgsql ${PLANS} AS $f$
  DECLARE at bigint := $.now_v1(given); old bigint := at - keep; runs_since bigint; of_holds int; of_buckets int; of_counters int;
  BEGIN
    IF NOT pg_try_advisory_xact_lock(hashtextextended('$.purge', 0)) THEN RETURN '0'; END IF;
    INSERT INTO $.steady AS s (seen, since) VALUES (at, at) ON CONFLICT (one) DO UPDATE
    SET seen = at, since = CASE WHEN abs(at - s.seen) > keep / 2 THEN at ELSE s.since END RETURNING s.since INTO runs_since;
    IF at - runs_since < keep THEN RETURN '0'; END IF;
    DELETE FROM $.holds WHERE id = ANY (ARRAY(
      SELECT h.id FROM $.holds h WHERE h.ended_at < old ORDER BY h.ended_at LIMIT most FOR UPDATE SKIP LOCKED));
    GET DIAGNOSTICS of_holds = ROW_COUNT;
    DELETE FROM $.buckets b USING unnest(ARRAY(
      SELECT x FROM $.buckets x WHERE x.gone < old ORDER BY x.gone LIMIT most FOR UPDATE SKIP LOCKED
    )) AS g WHERE b.counter = g.counter AND b.bucket = g.bucket;
    GET DIAGNOSTICS of_buckets = ROW_COUNT;
    -- Whoever has the lock of a family's latest window has the family: it goes last, and alone.
    WITH gone AS (
      DELETE FROM $.counters WHERE id = ANY (ARRAY(
        SELECT c.id FROM $.counters c WHERE c.ends < old AND c.ends < 8640000000000000 AND c.held = 0
          AND NOT (c.latest AND EXISTS (SELECT FROM $.counters d WHERE d.family = c.family AND d.id <> c.id))
        ORDER BY c.ends LIMIT most FOR UPDATE SKIP LOCKED)) RETURNING id
    ), pointers AS (
      DELETE FROM $.moved m USING gone WHERE m.target = gone.id
    ), pasts AS (
      DELETE FROM $.seeded s USING gone WHERE s.counter = gone.id
    )
    SELECT count(*) INTO of_counters FROM gone;
    RETURN greatest(of_holds, of_buckets, of_counters)::text;
  END
  $f$;
`;
