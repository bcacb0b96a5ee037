/** Windows that begin with a past. `$` stands for the schema; whoever calls these has the settings' lock alone. */
import { PLANS } from "./server-settings.ts";

/** Which of what lies in "t" counts for the window "c". A route is never seeded. */
const OF = `CASE c.scope
  WHEN 'user' THEN 't.user_id = ANY ($1)' WHEN 'thread' THEN 't.thread_id = $2' WHEN 'run' THEN 't.run_id = $2'
  WHEN 'app' THEN 'true' WHEN 'route' THEN 'false'`;

const IS_CHARGED = `t.kind = ''charge'' AND t.at >= $4 AND t.at < $5`;

export const SEEDING: string = `
  -- The first window of a period that a later deploy brought: it begins with what has happened in it so far.
  CREATE FUNCTION $.seed_v1(the_counter bigint, at bigint) RETURNS void LANGUAGE plpgsql ${PLANS} AS $f$
  DECLARE
    c $.counters; names text[]; width bigint; start_at bigint; counts text; amount text;
    c_bucket bigint[]; c_spent bigint[]; c_youngest bigint[];
  BEGIN
    SELECT * INTO c FROM $.counters WHERE id = the_counter;
    names := $.names_v1(c.subject);
    width := coalesce((c.rolling + 61) / 62, c.ends + 1);
    start_at := coalesce(at - c.rolling + 1, c.starts);
    counts := ${OF} ELSE 't.id IN (SELECT s.line FROM $.line_subjects s WHERE s.subject = $3)' END;
    amount := CASE c.unit WHEN 'usd' THEN 'nano' ELSE 'tokens' END;
    EXECUTE 'SELECT array_agg(x.bucket), array_agg(x.spent), array_agg(x.youngest) FROM (
        SELECT q.at / $6 AS bucket, sum(q.amount)::bigint AS spent, max(q.at) FILTER (WHERE q.fresh > 0 OR q.amount > 0) AS youngest
        FROM (' || CASE WHEN c.unit = 'runs' THEN
          'SELECT (array_agg(t.at ORDER BY t.id))[1] AS at, 1 AS amount, 1 AS fresh
           FROM $.lines t WHERE ${IS_CHARGED} AND ' || counts || ' GROUP BY t.run_id'
        ELSE
          'SELECT t.at, t.' || amount || ' + coalesce(t.later_' || amount || ', 0) AS amount, t.' || amount || ' AS fresh
           FROM $.lines t WHERE ${IS_CHARGED} AND ' || counts
        END || ') q GROUP BY 1
      ) x'
      INTO c_bucket, c_spent, c_youngest USING names, c.subject, c.scope || chr(10) || c.subject, start_at, c.ends, width;
    IF c.rolling IS NULL THEN
      UPDATE $.counters SET spent = coalesce(c_spent[1], 0) WHERE id = c.id;
    ELSE
      INSERT INTO $.buckets (counter, bucket, spent, youngest, gone)
      SELECT c.id, x.bucket, x.spent, x.youngest, (x.bucket + 1) * width + c.rolling
      FROM unnest(c_bucket, c_spent, c_youngest) AS x(bucket, spent, youngest) WHERE x.youngest IS NOT NULL;
    END IF;
    UPDATE $.counters SET held = (SELECT coalesce(sum(p.amount), 0) FROM $.open_parts_v1(c, start_at) p) WHERE id = c.id;
  END
  $f$;

  -- What open holds have in such a window: of a run that is not counted yet its oldest hold has one.
  CREATE FUNCTION $.open_parts_v1(c $.counters, start_at bigint) RETURNS TABLE (hold text, amount bigint) LANGUAGE plpgsql ${PLANS} AS $f$
  DECLARE counts text; counts_line text;
  BEGIN
    counts := ${OF} ELSE '$3 = ANY (t.subjects)' END;
    counts_line := ${OF} ELSE 't.id IN (SELECT s.line FROM $.line_subjects s WHERE s.subject = $3)' END;
    RETURN QUERY EXECUTE 'SELECT o.id, CASE $6 WHEN ''usd'' THEN o.ceiling WHEN ''tokens'' THEN o.tokens
        ELSE CASE WHEN o.nth > 1 OR EXISTS (
          SELECT FROM $.lines t WHERE t.run_id = o.run_id AND ${IS_CHARGED} AND ' || counts_line || '
        ) THEN 0::bigint ELSE 1::bigint END END
      FROM (
        SELECT t.*, row_number() OVER (PARTITION BY t.run_id ORDER BY t.created_at, t.id) AS nth
        FROM $.holds t WHERE t.state = ''open'' AND NOT $7 = ANY (t.counters) AND ' || counts || '
      ) o'
      USING $.names_v1(c.subject), c.subject, c.scope || chr(10) || c.subject, start_at, c.ends, c.unit, c.id;
  END
  $f$;

  -- Once it is begun for good: whoever is in it settles there, too, and so does what is corrected later.
  CREATE FUNCTION $.give_parts_v1(the_counter bigint, the_cap bigint, at bigint) RETURNS void LANGUAGE plpgsql ${PLANS} AS $f$
  DECLARE c $.counters; start_at bigint; o_hold text[]; o_amount bigint[];
  BEGIN
    SELECT * INTO c FROM $.counters WHERE id = the_counter;
    start_at := coalesce(at - c.rolling + 1, c.starts);
    SELECT array_agg(p.hold), array_agg(p.amount) INTO o_hold, o_amount FROM $.open_parts_v1(c, start_at) p;
    PERFORM 1 FROM $.holds WHERE id = ANY (o_hold) ORDER BY id FOR UPDATE;
    UPDATE $.holds h SET counters = h.counters || c.id, amounts = h.amounts || o.amount, caps = h.caps || the_cap
    FROM unnest(o_hold, o_amount) AS o(hold, amount) WHERE h.id = o.hold;
    INSERT INTO $.seeded (scope, subject, counter, cap, since, until, line)
    SELECT c.scope, name, c.id, the_cap, start_at, c.ends, (SELECT coalesce(max(l.id), 0) FROM $.lines l)
    FROM unnest(CASE c.scope WHEN 'user' THEN $.names_v1(c.subject) ELSE ARRAY[c.subject] END) AS name;
  END
  $f$;

  -- The windows that began with this charge in their past.
  CREATE FUNCTION $.seeded_v1(l $.lines) RETURNS TABLE (counter bigint, cap bigint) LANGUAGE plpgsql STABLE ${PLANS} AS $f$
  BEGIN
    RETURN QUERY SELECT s.counter, s.cap FROM (
      SELECT 'user' AS scope, l.user_id AS subject UNION ALL SELECT 'thread', l.thread_id UNION ALL SELECT 'run', l.run_id
      UNION ALL SELECT j.key, j.value FROM json_each_text(l.facts::json -> 'subjects') AS j WHERE j.key NOT IN ('user', 'thread', 'run', 'app')
      UNION ALL SELECT 'app', a.subject FROM $.seeded a WHERE a.scope = 'app'
    ) o JOIN $.seeded s ON s.scope = o.scope AND s.subject = o.subject
    WHERE l.id <= s.line AND s.since <= l.at AND l.at < s.until ORDER BY s.counter;
  END
  $f$;

  -- The window in force at a time, or a new one between those that there are; nothing where the time
  -- lies outside the one asked for. With a past it is seeded.
  CREATE FUNCTION $.force_v1(w $.counters, at bigint, with_past boolean) RETURNS bigint LANGUAGE plpgsql ${PLANS} AS $f$
  DECLARE the_id bigint; is_first boolean;
  BEGIN
    SELECT c.id INTO the_id FROM $.counters c WHERE c.family = w.family AND c.starts <= at AND at < c.ends;
    IF the_id IS NOT NULL THEN RETURN the_id; END IF;
    IF at < w.starts OR w.ends <= at THEN RETURN NULL; END IF;
    is_first := NOT EXISTS (SELECT FROM $.counters c WHERE c.family = w.family);
    UPDATE $.counters c SET latest = false WHERE c.family = w.family AND c.latest;
    INSERT INTO $.counters (id, family, latest, scope, subject, unit, period, zone, starts, ends, rolling)
    SELECT $.counter_id_v1(w.scope), w.family, true, w.scope, w.subject, w.unit, w.period, w.zone,
      greatest(w.starts, (SELECT d.ends FROM $.counters d WHERE d.family = w.family AND d.starts <= at ORDER BY d.starts DESC LIMIT 1)),
      least(w.ends, (SELECT d.starts FROM $.counters d WHERE d.family = w.family AND d.starts > at ORDER BY d.starts LIMIT 1)), w.rolling
    RETURNING id INTO the_id;
    IF is_first AND with_past AND w.scope <> 'route' THEN
      PERFORM $.seed_v1(the_id, at);
      PERFORM $.give_parts_v1(the_id, NULL, at);
    END IF;
    RETURN the_id;
  END
  $f$;
`;
