/** What the other functions stand on. */

/** Plans that hold at any size of a table, for a function's whole life. */
export const PLANS =
  "SET jit = off SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off SET plan_cache_mode = force_generic_plan";

/** `$` stands for the schema. */
export const COMMON: string = `
  -- The time: the caller's where a test gives one, else the server's.
  CREATE FUNCTION $.now_v1(given bigint) RETURNS bigint LANGUAGE sql VOLATILE AS $f$
    SELECT coalesce(given, floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint)
  $f$;

  CREATE FUNCTION $.time_v1(given bigint) RETURNS text LANGUAGE sql VOLATILE AS $f$
    SELECT $.now_v1(given)::text
  $f$;

  -- Windows as they stand.
  CREATE FUNCTION $.states_v1(ids bigint[], at bigint) RETURNS json LANGUAGE plpgsql AS $f$
  BEGIN
    RETURN (
      SELECT coalesce(json_agg(json_build_array(c.id, c.family, c.scope, c.subject, c.unit, c.period,
        c.zone, c.starts, c.ends, c.rolling, coalesce(b.spent, c.spent), c.held, b.oldest + c.rolling)), '[]')
      FROM $.counters c LEFT JOIN LATERAL (
        SELECT coalesce(sum(b.spent), 0)::bigint AS spent, min(b.youngest) FILTER (WHERE b.spent > 0) AS oldest
        FROM $.buckets b WHERE b.counter = c.id AND b.youngest > at - c.rolling
      ) b ON c.rolling IS NOT NULL WHERE c.id = ANY (ids)
    );
  END
  $f$;
`;
