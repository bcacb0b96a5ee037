/** The part of `commit_v1` that ends holds. `$` stands for the schema. */
import { FROM } from "./notices.ts";

/** Whose they are, in the order of their ids: nobody waits for anybody in a circle. */
export const LOCK_HOLDS: string = `
    IF ends IS NOT NULL THEN
      e_state := array_fill(NULL::text, ARRAY[cardinality(e_hold)]);
      e_line := array_fill(NULL::bigint, ARRAY[cardinality(e_hold)]);
      FOR one IN
        SELECT e.n, h.state, h.counters FROM unnest(e_hold) WITH ORDINALITY AS e(hold, n) JOIN $.holds h ON h.id = e.hold
        ORDER BY h.id FOR UPDATE OF h
      LOOP
        e_state[one.n] := one.state;
        IF one.state = 'open' THEN seen := seen || one.counters; END IF;
      END LOOP;
    END IF;`;

/** Ends come first: what they give back is there for those who ask. */
export const END_HOLDS: string = `
    IF e_hold IS NOT NULL THEN
      FOR i IN 1 .. cardinality(e_hold) LOOP
        IF e_state[i] = 'open' THEN
          IF e_nano[i] IS NOT NULL THEN e_line[i] := nextval('$.line_ids'); END IF;
          o_hold := o_hold || e_hold[i]; o_nano := o_nano || e_nano[i]; o_tokens := o_tokens || e_tokens[i];
          o_known := o_known || e_known[i]; o_charge := o_charge || e_charge[i]; o_line := o_line || e_line[i];
        END IF;
      END LOOP;
      SELECT json_agg(json_build_array(e.state, e.line, h.counters, h.ceiling, CASE WHEN e.line IS NOT NULL THEN h.user_id END,
        CASE WHEN e.line IS NOT NULL THEN h.facts END) ORDER BY e.n) INTO ended
      FROM unnest(e_hold, e_state, e_line) WITH ORDINALITY AS e(hold, state, line, n) LEFT JOIN $.holds h ON h.id = e.hold;
    END IF;
    IF cardinality(o_hold) > 0 THEN
      WITH part AS (
        SELECT x.id, x.amount, x.cap, o.nano, o.tokens, h.thresholds[1] AS threshold
        FROM unnest(o_hold, o_nano, o_tokens) AS o(hold, nano, tokens)
          JOIN $.holds h ON h.id = o.hold, unnest(h.counters, h.amounts, h.caps) AS x(id, amount, cap)
      ), change AS (
        SELECT c.id, c.rolling, sum(p.amount)::bigint AS held, min(p.cap) AS cap, min(p.threshold) AS threshold, sum(CASE
          WHEN p.nano IS NULL THEN 0 WHEN c.unit = 'usd' THEN p.nano WHEN c.unit = 'tokens' THEN p.tokens
          ELSE p.amount END)::bigint AS spent
        FROM part p JOIN $.counters c ON c.id = p.id GROUP BY c.id
      ), bucket AS (
        INSERT INTO $.buckets AS b (counter, bucket, spent, youngest, gone)
        SELECT id, at / w, spent, at, (at / w + 1) * w + rolling
        FROM change, LATERAL (SELECT (rolling + 61) / 62 AS w) w WHERE rolling IS NOT NULL AND spent <> 0
        ON CONFLICT (counter, bucket) DO UPDATE
        SET spent = b.spent + excluded.spent, youngest = greatest(b.youngest, excluded.youngest)
      ), gone AS (
        DELETE FROM $.buckets b USING change c
        WHERE c.rolling IS NOT NULL AND b.counter = c.id AND b.youngest <= at - 64 * ((c.rolling + 61) / 62)
      ), changed AS (
        UPDATE $.counters c SET held = c.held - change.held,
          spent = c.spent + CASE WHEN c.rolling IS NULL THEN change.spent ELSE 0 END
        FROM change WHERE c.id = change.id
        -- Nearly always: not even the first threshold of the least cap.
        RETURNING CASE WHEN change.cap + change.threshold IS NOT NULL AND (c.rolling IS NOT NULL
          OR c.spent * 1000.0 >= (change.cap + c.credit)::numeric * change.threshold) THEN c.id END AS id
      )
      SELECT array_agg(d.id) FILTER (WHERE d.id IS NOT NULL) INTO hot FROM changed d;
      IF hot IS NOT NULL THEN
        -- As if they had come one after the other: what was spent by each.
        FOR one IN
          SELECT p.* FROM (
            SELECT o.n, p.id, p.cap, h.thresholds, coalesce(b.spent, c.spent) - coalesce(sum(CASE c.unit
                WHEN 'usd' THEN o.nano WHEN 'tokens' THEN o.tokens ELSE p.amount END) OVER (
                PARTITION BY p.id ORDER BY o.n ROWS BETWEEN 1 FOLLOWING AND UNBOUNDED FOLLOWING), 0)::bigint AS spent
            FROM unnest(o_hold, o_nano, o_tokens) WITH ORDINALITY AS o(hold, nano, tokens, n) JOIN $.holds h ON h.id = o.hold,
              unnest(h.counters, h.amounts, h.caps) AS p(id, amount, cap) JOIN $.counters c ON c.id = p.id
                LEFT JOIN LATERAL $.recent_v1(c.id, c.rolling, at) b ON c.rolling IS NOT NULL
            WHERE p.id = ANY (hot) AND o.nano IS NOT NULL
          ) p JOIN $.counters c ON c.id = p.id
          WHERE p.cap IS NOT NULL AND EXISTS (
            SELECT FROM unnest(p.thresholds) AS t WHERE t > ${FROM}
              AND p.spent * 1000.0 >= (p.cap + c.credit)::numeric * t)
          ORDER BY p.n
        LOOP
          IF $.notice_v1(one.id, one.cap, one.thresholds, false, one.spent, at) THEN noticed := noticed || o_hold[one.n]; END IF;
        END LOOP;
      END IF;

      INSERT INTO $.lines (id, hold, kind, at, user_id, thread_id, run_id, nano, tokens, ceiling, charge, facts)
      SELECT o.line, o.hold, 'charge', at, h.user_id, h.thread_id, h.run_id, o.nano, o.tokens, h.ceiling, o.charge, h.facts
      FROM unnest(o_line, o_hold, o_nano, o_tokens, o_charge) AS o(line, hold, nano, tokens, charge)
        JOIN $.holds h ON h.id = o.hold
      WHERE o.line IS NOT NULL;
      INSERT INTO $.line_subjects (subject, line)
      SELECT s, o.line FROM unnest(o_line, o_hold) AS o(line, hold) JOIN $.holds h ON h.id = o.hold, unnest(h.subjects) AS s
      WHERE o.line IS NOT NULL ORDER BY s;
      UPDATE $.holds h SET ended_at = at, user_id = NULL, thread_id = NULL, run_id = NULL, subjects = NULL, facts = NULL,
        state = CASE WHEN o.nano IS NULL THEN 'released' WHEN o.known = 'assumed' THEN 'assumed' ELSE 'settled' END
      FROM unnest(o_hold, o_nano, o_known) AS o(hold, nano, known) WHERE h.id = o.hold;
    END IF;`;
