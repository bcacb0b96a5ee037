/** Windows as they stand. `$` stands for the schema. */

/** Of a window what it is, once and for all: names are written for readers, sums are not. */
export const WINDOW: string = `
  CREATE FUNCTION $.window_v1(
    family text, scope text, subject text, unit text, period text, zone text, starts bigint, ends bigint, rolling bigint)
  RETURNS text LANGUAGE sql IMMUTABLE AS $f$
    SELECT rtrim(ltrim(json_build_array(family, scope, subject, unit, period, zone, starts, ends, rolling)::text, '['), ']')
  $f$;
`;

export const STATES: string = `
  -- What is spent in a rolling window, and when its oldest charge leaves.
  CREATE FUNCTION $.recent_v1(the_counter bigint, period bigint, at bigint)
  RETURNS TABLE (spent bigint, frees bigint) LANGUAGE sql STABLE ROWS 1 AS $f$
    SELECT coalesce(sum(b.spent), 0)::bigint, min(b.youngest) FILTER (WHERE b.spent > 0) + period
    FROM $.buckets b WHERE b.counter = the_counter AND b.bucket >= (at - period) / ((period + 61) / 62) AND b.youngest > at - period
  $f$;

  -- Windows as they stand.
  CREATE FUNCTION $.states_v1(ids bigint[], at bigint) RETURNS json LANGUAGE plpgsql AS $f$
  BEGIN
    RETURN (
      SELECT concat('[', string_agg(concat('[', c.id, ',', c.told, ',', coalesce(b.spent, c.spent), ',', c.held, ',', c.credit, ',',
        coalesce(b.frees::text, 'null'), ']'), ','), ']')::json
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
`;
