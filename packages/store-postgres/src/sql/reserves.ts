/** The part of `commit_v1` that decides reserves, each on its own terms. `$` stands for the schema. */

/** Settings that claims were not made by. */
export const COMPARE: string = `
    IF named IS NOT NULL AND (named LIKE '{"versions"%' OR EXISTS (SELECT FROM $.settings)) THEN
      SELECT array_agg(k.n::int), array_agg(json_build_array(k.n, CASE WHEN s.key IS NOT NULL THEN $.told_v1(s) END)::text) INTO d_n, d_told
      FROM (
        SELECT k.key, k.n, coalesce((named::json -> 'versions' ->> (k.n - 1)::int)::bigint, 0) AS version
        FROM json_array_elements_text(named::json -> 'keys') WITH ORDINALITY AS k(key, n)
      ) k LEFT JOIN $.settings s ON s.key = k.key
      WHERE coalesce(s.version, 0) <> k.version;
    END IF;`;

export const DECIDE: string = `
    FOR one IN
      SELECT q.hold, q.owner, q.ttl, q.most, q.prompt, q.user_id, q.thread, q.run, q.facts, q.subjects::text[] AS subjects,
        q.windows::int[] AS windows, q.caps::bigint[] AS caps, q.thresholds::bigint[] AS thresholds,
        q.least, q.limits, q.fixed, q.per, q.ceiling_fixed, q.ceiling_per, q.named, h.state, h.output_tokens, h.expires_at, h.counters
      FROM ROWS FROM (
        unnest(q_hold, q_owner, q_ttl, q_most, q_prompt, q_user, q_thread, q_run, q_facts, q_subjects, q_windows, q_caps, q_thresholds),
        json_to_recordset(q_rest::json) AS (least bigint, limits bigint[], fixed bigint[], per bigint[],
          "ceilingFixed" bigint, "ceilingPer" bigint, named int[])
      ) AS q(hold, owner, ttl, most, prompt, user_id, thread, run, facts, subjects, windows, caps, thresholds,
        least, limits, fixed, per, ceiling_fixed, ceiling_per, named)
      LEFT JOIN $.holds h ON h.id = q.hold
    LOOP
      IF one.state = 'open' THEN
        seen := seen || one.counters;
        replies := replies || json_build_array('again', one.output_tokens, one.expires_at, one.counters)::text;
        CONTINUE;
      ELSIF one.state IS NOT NULL THEN
        replies := replies || '["ended"]'::text;
        CONTINUE;
      ELSIF one.named && d_n THEN
        replies := replies || ('["settings",' || array_to_string(ARRAY(
          SELECT d.told FROM unnest(d_n, d_told) AS d(n, told) WHERE d.n = ANY (one.named)), ',') || ']');
        CONTINUE;
      END IF;

      least_fit := one.most; stale := false; refused := false;
      spents := '{}'; helds := '{}'; fits := '{}'; amounts := '{}'; ids := '{}';
      FOR i IN 1 .. cardinality(one.windows) LOOP
        f := one.windows[i];
        IF c_end[f] IS NULL OR at < c_start[f] OR c_end[f] <= at THEN
          stale := true;
          EXIT;
        END IF;
        -- ceil(x / 1000) <= room exactly when x <= 1000 * room; 1000 * 2^53 is still a bigint.
        IF one.limits[i] IS NULL THEN
          fit := one.most;
        ELSE
          room := least(one.limits[i] + c_credit[f], 9007199254740991) - c_spent[f] - c_held[f];
          IF room < 0 OR 1000 * room < one.fixed[i] THEN
            fit := -1;
          ELSIF one.per[i] = 0 THEN
            fit := one.most;
          ELSE
            fit := least((1000 * room - one.fixed[i]) / one.per[i], one.most);
          END IF;
        END IF;
        refused := refused OR fit < one.least;
        least_fit := least(least_fit, fit);
        fits[i] := fit; spents[i] := c_spent[f]; helds[i] := c_held[f]; ids[i] := c_id[f];
      END LOOP;
      IF stale THEN
        replies := replies || '["stale"]'::text;
        CONTINUE;
      ELSIF refused THEN
        is_noticed := false;
        IF cardinality(one.thresholds) > 0 THEN FOR i IN 1 .. cardinality(one.windows) LOOP
          -- Exhausted: what would fit into the window empty no longer does, whatever is held.
          f := one.windows[i];
          IF one.caps[i] IS NOT NULL AND fits[i] < one.least THEN
            amount := div(one.fixed[i] + one.per[i]::numeric * one.least + 999, 1000);
            IF amount <= one.caps[i] + c_credit[f] AND amount > one.caps[i] + c_credit[f] - c_spent[f]
              AND $.notice_v1(c_id[f], one.caps[i], one.thresholds, true, c_spent[f], at) THEN
              is_noticed := true; c_taken[f] := true; c_claimed[f] := coalesce(c_claimed[f], one.caps[i]);
            END IF;
          END IF;
        END LOOP; END IF;
        replies := replies || json_build_array('refused', spents, helds, fits, is_noticed)::text;
        CONTINUE;
      END IF;

      IF least_fit < 1000000 AND 1000000000000 > ALL (one.per || one.ceiling_per) THEN
        ceiling := (one.ceiling_fixed + one.ceiling_per * least_fit + 999) / 1000;
        FOR i IN 1 .. cardinality(one.windows) LOOP
          amounts[i] := (one.fixed[i] + one.per[i] * least_fit + 999) / 1000;
        END LOOP;
      ELSE
        -- Beyond that the products may pass a bigint: numeric is exact.
        amount := div(one.ceiling_fixed + one.ceiling_per::numeric * least_fit + 999, 1000);
        refused := amount > 9007199254740991;
        IF NOT refused THEN ceiling := amount; END IF;
        FOR i IN 1 .. cardinality(one.windows) LOOP
          amount := div(one.fixed[i] + one.per[i]::numeric * least_fit + 999, 1000);
          refused := refused OR amount > 9007199254740991;
          EXIT WHEN refused;
          amounts[i] := amount;
        END LOOP;
      END IF;
      IF refused THEN
        replies := replies || '["uncountable"]'::text;
        CONTINUE;
      END IF;
      FOR i IN 1 .. cardinality(one.windows) LOOP
        f := one.windows[i];
        c_held[f] := c_held[f] + amounts[i]; c_taken[f] := true; helds[i] := c_held[f];
        IF one.caps[i] IS NOT NULL THEN
          c_cap[f] := one.caps[i]; c_claimed[f] := coalesce(c_claimed[f], one.caps[i]);
        END IF;
      END LOOP;
      grant_of.id := one.hold; grant_of.state := 'open'; grant_of.owner := one.owner; grant_of.created_at := at; grant_of.expires_at := at + one.ttl;
      grant_of.output_tokens := least_fit; grant_of.ceiling := ceiling; grant_of.tokens := one.prompt + least_fit; grant_of.user_id := one.user_id;
      grant_of.thread_id := one.thread; grant_of.run_id := one.run; grant_of.subjects := one.subjects; grant_of.facts := one.facts;
      grant_of.counters := ids; grant_of.amounts := amounts; grant_of.caps := one.caps; grant_of.thresholds := one.thresholds;
      granted := array_append(granted, grant_of);
      replies := replies || json_build_array('held', spents, helds, least_fit, at + one.ttl)::text;
    END LOOP;
    -- One statement for all: each has a price of its own.
    IF cardinality(granted) > 0 THEN
      INSERT INTO $.holds SELECT g.* FROM unnest(granted) AS g ORDER BY g.id ON CONFLICT (id) DO NOTHING;
      GET DIAGNOSTICS i = ROW_COUNT;
      IF i < cardinality(granted) THEN
        RAISE EXCEPTION 'another process took the same hold' USING ERRCODE = 'serialization_failure';
      END IF;
    END IF;`;
