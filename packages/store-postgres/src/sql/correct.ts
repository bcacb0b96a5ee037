/** What turns up about a charge. `$` stands for the schema. */
import { NO_ACT, SHARED, WRITES_LINES } from "./locks.ts";
import { PLANS, SYNCED } from "./server-settings.ts";

export const CORRECT: string = `
  -- A difference to a charge, in its windows and dated as it was. Tells these, and whether it wrote a notice.
  CREATE FUNCTION $.change_v1(the_hold text, the_nano bigint, the_tokens bigint, at bigint)
  RETURNS json LANGUAGE plpgsql ${PLANS} AS $f$
  DECLARE h $.holds; l $.lines; ids bigint[]; charged_at bigint; noticed boolean := false; one record;
  BEGIN
    SELECT * INTO h FROM $.holds WHERE id = the_hold;
    SELECT * INTO l FROM $.lines x WHERE x.hold = the_hold AND x.kind = 'charge';
    charged_at := l.at;
    SELECT h.counters || coalesce(array_agg(s.counter), '{}'), h.caps || coalesce(array_agg(s.cap), '{}')
    INTO h.counters, h.caps FROM $.seeded_v1(l) s;
    ids := $.living_v1(h.counters);
    PERFORM 1 FROM $.counters WHERE id = ANY (ids) ORDER BY id FOR UPDATE;
    UPDATE $.lines SET later_nano = coalesce(later_nano, 0) + the_nano, later_tokens = coalesce(later_tokens, 0) + the_tokens
    WHERE id = l.id;
    WITH change AS (
      SELECT c.id, c.rolling, (c.rolling + 61) / 62 AS width, p.parts *
        CASE c.unit WHEN 'usd' THEN the_nano WHEN 'tokens' THEN the_tokens ELSE 0 END AS spent
      FROM (SELECT x, count(*) AS parts FROM unnest(ids) AS x GROUP BY x) p JOIN $.counters c ON c.id = p.x
    ), bucket AS (
      INSERT INTO $.buckets AS b (counter, bucket, spent, youngest, gone)
      SELECT id, charged_at / width, spent, charged_at, (charged_at / width + 1) * width + rolling FROM change
      WHERE rolling IS NOT NULL AND spent > 0 AND charged_at > at - 64 * width
      ON CONFLICT (counter, bucket) DO UPDATE
      SET spent = b.spent + excluded.spent, youngest = greatest(b.youngest, excluded.youngest)
    ), late AS (
      -- What has left its window by now is corrected where it is still kept, and not brought back.
      UPDATE $.buckets b SET spent = b.spent + c.spent FROM change c
      WHERE c.rolling IS NOT NULL AND (c.spent < 0 OR charged_at <= at - 64 * width)
        AND b.counter = c.id AND b.bucket = charged_at / width
    )
    UPDATE $.counters c SET spent = c.spent + CASE WHEN c.rolling IS NULL THEN change.spent ELSE 0 END
    FROM change WHERE c.id = change.id;
    IF cardinality(h.thresholds) > 0 THEN
      FOR one IN
        SELECT p.id, p.cap FROM unnest(ids, h.caps) WITH ORDINALITY AS p(id, cap, n) JOIN $.counters c ON c.id = p.id
        WHERE p.cap IS NOT NULL ORDER BY p.n
      LOOP
        noticed := $.notice_v1(one.id, one.cap, h.thresholds, false, NULL, at) OR noticed;
      END LOOP;
    END IF;
    RETURN json_build_array(to_json(ids), $.states_v1(ids, at), noticed);
  END
  $f$;

  -- Better knowledge of a hold that was charged as assumed: the difference.
  CREATE FUNCTION $.correct_v1(given bigint, the_hold text, the_nano bigint, the_tokens bigint, the_charge text)
  RETURNS text LANGUAGE plpgsql ${PLANS} AS $f$
  DECLARE h $.holds; line bigint; moment bigint; changed json;
  BEGIN
    ${SYNCED}
    ${NO_ACT}
    ${SHARED}
    ${WRITES_LINES}
    SELECT * INTO h FROM $.holds WHERE id = the_hold FOR UPDATE;
    IF h.state IS DISTINCT FROM 'assumed' THEN RETURN 'null'; END IF;
    moment := $.now_v1(given);
    changed := $.change_v1(the_hold, the_nano, the_tokens, moment);
    line := nextval('$.line_ids');
    INSERT INTO $.lines (id, hold, kind, at, user_id, thread_id, run_id, nano, tokens, ceiling, charge, facts)
    SELECT line, the_hold, 'correction', moment, l.user_id, l.thread_id, l.run_id, the_nano, the_tokens, l.ceiling, the_charge, l.facts
    FROM $.lines l WHERE l.hold = the_hold AND l.kind = 'charge';
    UPDATE $.holds SET state = 'corrected' WHERE id = the_hold;
    RETURN json_build_array(line, moment, changed -> 0, changed -> 1, changed -> 2)::text;
  END
  $f$;
`;
