/** Windows that fill up. `$` stands for the schema. */
import { PLANS } from "./server-settings.ts";

/** The limit that notices of a window are parts of. */
export const FROM: string = `
  CASE WHEN c.noticed_at IS NULL OR c.noticed_limit < p.cap + c.credit OR at - c.noticed_at >= c.rolling
    THEN 0 ELSE c.noticed_threshold END`;

export const NOTICES: string = `
  -- Writes what a window is due, and says whether that was anything. The same sums as noticesOf().
  CREATE FUNCTION $.notice_v1(
    the_counter bigint, the_cap bigint, thresholds bigint[], exhausted boolean, spent_by_then bigint, at bigint)
  RETURNS boolean LANGUAGE plpgsql ${PLANS} AS $f$
  DECLARE c $.counters; most bigint; now_spent bigint; reached bigint[];
  BEGIN
    SELECT * INTO c FROM $.counters WHERE id = the_counter;
    most := the_cap + c.credit;
    now_spent := coalesce(spent_by_then, c.spent);
    IF spent_by_then IS NULL AND c.rolling IS NOT NULL THEN
      SELECT r.spent INTO now_spent FROM $.recent_v1(c.id, c.rolling, at) r;
    END IF;
    reached := ARRAY(
      SELECT t.t FROM unnest(thresholds) WITH ORDINALITY AS t(t, n), (SELECT the_cap AS cap) p
      WHERE t.t > ${FROM} AND (exhausted OR now_spent >= div(most::numeric * t.t + 999, 1000)) ORDER BY t.n);
    IF cardinality(reached) = 0 THEN RETURN false; END IF;
    INSERT INTO $.notices (id, at, threshold, most, since, spent, family, scope, subject, unit, period, zone, starts, ends, rolling)
    SELECT concat_ws('|', t.t, most, s.since, c.family), at, t.t, most, s.since, now_spent,
      c.family, c.scope, c.subject, c.unit, c.period, c.zone, c.starts, c.ends, c.rolling
    FROM unnest(reached) WITH ORDINALITY AS t(t, n), (SELECT CASE WHEN c.rolling IS NULL THEN c.starts ELSE at END AS since) s
    ORDER BY t.n ON CONFLICT (id) DO NOTHING;
    UPDATE $.counters SET noticed_limit = most, noticed_at = at, noticed_threshold = reached[cardinality(reached)]
    WHERE id = the_counter;
    RETURN true;
  END
  $f$;

  CREATE FUNCTION $.take_notices_v1(given bigint, the_owner text, lease bigint, most_of bigint)
  RETURNS text LANGUAGE plpgsql ${PLANS} AS $f$
  DECLARE now_at bigint := $.now_v1(given); taken json;
  BEGIN
    WITH free AS MATERIALIZED (
      SELECT n.id FROM $.notices n WHERE n.until <= now_at ORDER BY n.seq LIMIT most_of FOR UPDATE SKIP LOCKED
    ), given_out AS (
      UPDATE $.notices n SET owner = the_owner, until = now_at + lease FROM free WHERE n.id = free.id RETURNING n.*
    )
    SELECT json_agg(json_build_array(id, at, threshold, most, spent, family, scope, subject, unit, period, zone,
      starts, ends, rolling) ORDER BY seq) INTO taken FROM given_out;
    RETURN coalesce(taken, '[]')::text;
  END
  $f$;

  CREATE FUNCTION $.drop_notice_v1(the_notice text) RETURNS text LANGUAGE plpgsql AS $f$
  BEGIN
    DELETE FROM $.notices WHERE id = the_notice;
    RETURN FOUND::text;
  END
  $f$;

  -- It looks at every window there is, so it may plan as it likes.
  CREATE FUNCTION $.fullest_v1(given bigint, the_scope text, most bigint) RETURNS text LANGUAGE plpgsql STABLE AS $f$
  DECLARE at bigint := $.now_v1(given); found json;
  BEGIN
    SELECT json_agg(json_build_array(f.cap, json_build_array(f.id, f.family, f.scope, f.subject, f.unit, f.period, f.zone,
      f.starts, f.ends, f.rolling, f.now_spent, f.held, f.credit, f.frees)) ORDER BY f.part DESC, f.id) INTO found
    FROM (
      SELECT c.*, coalesce(b.spent, c.spent) AS now_spent, b.frees,
        coalesce((coalesce(b.spent, c.spent) + c.held)::numeric / nullif(c.cap + c.credit, 0), 1) AS part
      FROM $.counters c LEFT JOIN LATERAL $.recent_v1(c.id, c.rolling, at) b ON c.rolling IS NOT NULL
      WHERE c.cap IS NOT NULL AND c.starts <= at AND at < c.ends AND (the_scope IS NULL OR c.scope = the_scope)
      ORDER BY part DESC, c.id LIMIT most
    ) f;
    RETURN coalesce(found, '[]')::text;
  END
  $f$;
`;
