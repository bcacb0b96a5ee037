import { PLANS } from "./common.ts";

/** What turns up about a charge that was assumed. `$` stands for the schema. */
export const CORRECT: string = `
  -- Better knowledge of a hold that was charged as assumed: the difference, dated as the charge was.
  CREATE FUNCTION $.correct_v1(given bigint, the_hold text, the_nano bigint, the_tokens bigint, the_known text, the_charge text)
  RETURNS text LANGUAGE plpgsql ${PLANS} AS $f$
  DECLARE h $.holds; charged_at bigint; line bigint; at bigint;
  BEGIN
    PERFORM pg_advisory_xact_lock_shared(hashtextextended('$.lines', 0));
    SELECT * INTO h FROM $.holds WHERE id = the_hold FOR UPDATE;
    IF h.state IS DISTINCT FROM 'assumed' THEN RETURN 'null'; END IF;
    PERFORM 1 FROM $.counters WHERE id = ANY (h.counters) ORDER BY rank, family, id FOR UPDATE;
    at := $.now_v1(given);
    SELECT l.at INTO charged_at FROM $.lines l WHERE l.hold = the_hold AND l.kind = 'charge';
    WITH change AS (
      SELECT c.id, c.rolling, (c.rolling + 61) / 62 AS width,
        CASE c.unit WHEN 'usd' THEN the_nano WHEN 'tokens' THEN the_tokens ELSE 0 END AS spent
      FROM $.counters c WHERE c.id = ANY (h.counters)
    ), bucket AS (
      INSERT INTO $.buckets AS b (counter, bucket, spent, youngest)
      SELECT id, charged_at / width, spent, charged_at FROM change
      WHERE rolling IS NOT NULL AND spent <> 0 AND charged_at > at - 64 * width
      ON CONFLICT (counter, bucket) DO UPDATE
      SET spent = b.spent + excluded.spent, youngest = greatest(b.youngest, excluded.youngest)
    ), late AS (
      -- What has left its window by now is corrected where it is still kept, and not brought back.
      UPDATE $.buckets b SET spent = b.spent + c.spent FROM change c
      WHERE c.rolling IS NOT NULL AND charged_at <= at - 64 * width
        AND b.counter = c.id AND b.bucket = charged_at / width
    )
    UPDATE $.counters c SET spent = c.spent + CASE WHEN c.rolling IS NULL THEN change.spent ELSE 0 END
    FROM change WHERE c.id = change.id;
    line := nextval('$.line_ids');
    INSERT INTO $.lines (id, hold, kind, at, user_id, run_id, nano, tokens, known, ceiling, charge, facts)
    VALUES (line, the_hold, 'correction', at, h.user_id, h.run_id, the_nano, the_tokens, the_known, h.ceiling, the_charge, h.facts);
    UPDATE $.holds SET state = 'corrected' WHERE id = the_hold;
    RETURN json_build_array(line, at, h.counters, $.states_v1(h.counters, at))::text;
  END
  $f$;
`;
