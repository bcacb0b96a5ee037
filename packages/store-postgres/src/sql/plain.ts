/** The part of `commit_v1` that grants a whole batch of reserves at once. `$` stands for the schema. */

/**
 * Nearly always there is room for all of a batch, each with all the output that it asks for. Then
 * nothing need be looked at one by one: what all of them hold has been added to each window, and lies
 * within the least of the limits that it was asked for under, and in any case within what JavaScript
 * counts exactly: `least` passes over a limit that is none. Where that is not so, what was added is
 * taken back, with the locks kept, and the reserves are decided in turn.
 */
export const GRANT_ALL: string = `
      is_plain := n = 0 OR coalesce(cardinality(c_id) = n AND is_in_place AND last_start <= at AND at < first_end, false);
      IF is_plain AND has_rolling THEN
        SELECT array_agg(coalesce(b.spent, c.spent)), array_agg(b.frees),
          bool_and(coalesce(b.spent + c.held <= least(c.most + c.credit, 9007199254740991), true))
        INTO c_spent, c_frees, is_plain
        FROM unnest(c_id, c_rolling, c_spent, c_held, c_credit, w_most) AS c(id, rolling, spent, held, credit, most)
          LEFT JOIN LATERAL $.recent_v1(c.id, c.rolling, at) b ON c.rolling IS NOT NULL;
      END IF;
      IF is_plain THEN
        WITH granted AS (
          INSERT INTO $.holds (id, state, owner, created_at, expires_at, output_tokens, ceiling, tokens,
            user_id, thread_id, run_id, subjects, facts, counters, amounts, caps, thresholds)
          SELECT q.hold, 'open', q.owner, at, at + q.ttl, q.most, q.ceiling, q.prompt + q.most, q.user_id, q.thread_id, q.run_id,
            q.subjects::text[], q.facts, ARRAY(SELECT c_id[unnest(q.windows::int[])]), q.amounts::bigint[], q.caps::bigint[], q.thresholds::bigint[]
          FROM unnest(q_hold, q_owner, q_ttl, q_most, q_ceiling, q_prompt, q_user, q_thread, q_run, q_facts, q_subjects,
            q_windows, q_amounts, q_caps, q_thresholds) AS q(hold, owner, ttl, most, ceiling, prompt, user_id, thread_id, run_id,
            facts, subjects, windows, amounts, caps, thresholds)
          -- One that is there already may be ending elsewhere, in a call that waits for these windows: it is not waited for.
          WHERE NOT EXISTS (SELECT FROM $.holds h WHERE h.id = q.hold)
          ORDER BY q.hold COLLATE "C" ON CONFLICT (id) DO NOTHING RETURNING id
        )
        SELECT array_agg(id) INTO put FROM granted;
        -- Some are asked for again, or anew after their end.
        IF coalesce(cardinality(put), 0) < cardinality(q_hold) THEN
          DELETE FROM $.holds WHERE id = ANY (put);
          is_plain := false;
        END IF;
      END IF;
      IF is_plain THEN
        IF has_new_cap THEN
          UPDATE $.counters c SET cap = u.cap FROM unnest(c_id, w_cap) AS u(id, cap) WHERE c.id = u.id AND u.cap IS NOT NULL;
        END IF;
        IF n > 0 THEN windows := json_build_array(c_zone, c_start, c_end, c_frees, c_credit, c_spent, c_held); END IF;
      ELSIF n > 0 THEN
        UPDATE $.counters c SET held = c.held - w_total[l.n] FROM unnest(l_id, l_n) AS l(id, n) WHERE c.id = l.id;
      END IF;`;
