/** The part of `commit_v1` that ends holds. `$` stands for the schema. */

/**
 * In the order of their ids, so that nobody waits for anybody in a circle. Whose a hold was is no
 * longer there once it has ended, so it is read from the row as it was: nobody but an act changes it,
 * and acts wait for this.
 */
export const END_HOLDS: string = `
    IF cardinality(e_hold) > 0 THEN
      WITH asked AS (
        SELECT e.*, h.user_id, h.thread_id, h.run_id, h.subjects, h.facts
        FROM unnest(e_hold, e_nano, e_tokens, e_known) WITH ORDINALITY AS e(hold, nano, tokens, known, n) JOIN $.holds h ON h.id = e.hold
        WHERE h.ended_at IS NULL ORDER BY h.id
      ), done AS (
        UPDATE $.holds h SET ended_at = $.now_v1(given), user_id = NULL, thread_id = NULL, run_id = NULL, subjects = NULL, facts = NULL,
          state = CASE WHEN e.nano IS NULL THEN 'released' WHEN e.known = 'assumed' THEN 'assumed' ELSE 'settled' END
        FROM asked e WHERE h.id = e.hold AND h.ended_at IS NULL
        RETURNING e.*, h.ceiling, h.counters, h.amounts, h.caps, h.thresholds[1] AS threshold
      ), part AS (
        SELECT x.id, sum(x.amount)::bigint AS held, sum(CASE WHEN d.nano IS NOT NULL THEN x.amount END)::bigint AS amount,
          sum(d.nano)::bigint AS nano, sum(CASE WHEN d.nano IS NOT NULL THEN d.tokens END)::bigint AS tokens, min(x.cap) AS cap, min(d.threshold) AS threshold
        FROM done d, unnest(d.counters, d.amounts, d.caps) AS x(id, amount, cap) GROUP BY x.id
      )
      SELECT a.*, b.* INTO o_n, o_ceiling, o_user, o_thread, o_run, o_subjects, o_facts, o_counters,
        p_id, p_held, p_amount, p_nano, p_tokens, p_cap, p_threshold
      FROM (
        SELECT array_agg(d.n), array_agg(d.ceiling), array_agg(d.user_id), array_agg(d.thread_id), array_agg(d.run_id),
          array_agg(d.subjects::text), array_agg(d.facts), array_agg(translate(d.counters::text, '{}', '[]'))
        FROM (SELECT x.* FROM done x ORDER BY x.n) d
      ) a, (
        SELECT array_agg(p.id), array_agg(p.held), array_agg(p.amount), array_agg(p.nano), array_agg(p.tokens), array_agg(p.cap), array_agg(p.threshold)
        FROM part p
      ) b;
      seen := coalesce(p_id, '{}');
      IF cardinality(o_n) = cardinality(e_hold) THEN
        o_hold := e_hold; o_nano := e_nano; o_tokens := e_tokens; o_charge := e_charge;
      ELSE
        SELECT array_agg(e.hold), array_agg(e.nano), array_agg(e.tokens), array_agg(e.charge) INTO o_hold, o_nano, o_tokens, o_charge
        FROM unnest(e_hold, e_nano, e_tokens, e_charge) WITH ORDINALITY AS e(hold, nano, tokens, charge, n) WHERE e.n = ANY (o_n);
      END IF;
    END IF;`;

/** Their lines. Ids are drawn with the locks held, so that lines stand in the order of their times. */
export const WRITE_LINES: string = `
    IF o_n IS NOT NULL THEN
      SELECT array_agg(CASE WHEN x.nano IS NOT NULL THEN nextval('$.line_ids') END) INTO o_line FROM unnest(o_nano) AS x(nano);
      INSERT INTO $.lines (id, hold, kind, at, user_id, thread_id, run_id, nano, tokens, ceiling, charge, facts)
      SELECT o.line, o.hold, 'charge', at, o.user_id, o.thread_id, o.run_id, o.nano, o.tokens, o.ceiling, o.charge, o.facts
      FROM unnest(o_line, o_hold, o_user, o_thread, o_run, o_nano, o_tokens, o_ceiling, o_charge, o_facts)
        AS o(line, hold, user_id, thread_id, run_id, nano, tokens, ceiling, charge, facts)
      WHERE o.line IS NOT NULL;
      IF cardinality(array_remove(o_subjects, NULL)) > 0 THEN
        INSERT INTO $.line_subjects (subject, line)
        SELECT s, o.line FROM unnest(o_line, o_subjects) AS o(line, subjects), unnest(o.subjects::text[]) AS s
        WHERE o.line IS NOT NULL AND o.subjects IS NOT NULL ORDER BY s;
      END IF;
    END IF;`;

/** What is told of them. Facts are JSON as they are. */
export const TELL_ENDS: string = `
    IF o_n IS NOT NULL THEN
      SELECT array_agg(concat('["open",', coalesce(o.line::text, 'null'), ',', o.counters, ',', o.ceiling, ',',
        CASE WHEN o.line IS NULL THEN 'null,null' ELSE concat(to_json(o.user_id), ',', o.facts) END, ']')) INTO o_told
      FROM unnest(o_line, o_counters, o_ceiling, o_user, o_facts) AS o(line, counters, ceiling, user_id, facts);
    END IF;
    IF cardinality(e_hold) > coalesce(cardinality(o_n), 0) THEN
      SELECT array_agg(coalesce(o.told, concat('[', coalesce(to_json(h.state)::text, 'null'), ']')) ORDER BY e.n) INTO o_told
      FROM unnest(e_hold) WITH ORDINALITY AS e(hold, n) LEFT JOIN unnest(o_n, o_told) AS o(n, told) ON o.n = e.n
        LEFT JOIN $.holds h ON h.id = e.hold;
      -- It was not there yet when holds were ended.
      IF '["open"]' = ANY (o_told) THEN
        RAISE EXCEPTION 'another process has just taken a hold that ends here' USING ERRCODE = 'serialization_failure';
      END IF;
    END IF;`;
