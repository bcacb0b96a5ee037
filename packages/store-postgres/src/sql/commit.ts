/**
 * Reserves, settles and releases of one process in one call: each on its own terms, all in one
 * commit. The functions carry a version in their names, so that an older process goes on calling
 * the one that it knows while a newer one has brought another.
 */

import { PLANS } from "./common.ts";

/** `$` stands for the schema. */
export const COMMIT: string = `
  CREATE FUNCTION $.commit_v1(given bigint, asked json, reserves json, ends json) RETURNS text LANGUAGE plpgsql ${PLANS} AS $f$
  DECLARE
    at bigint;
    -- What ends: a hold each; no nano is a release.
    e_hold text[]; e_nano bigint[]; e_tokens bigint[]; e_known text[]; e_charge text[];
    e_state text[]; e_line bigint[];
    -- Of these, what is open yet and therefore ends now.
    o_hold text[] := '{}'; o_nano bigint[] := '{}'; o_tokens bigint[] := '{}'; o_known text[] := '{}';
    o_charge text[] := '{}'; o_line bigint[] := '{}';
    -- Windows asked for, a family each …
    a_family text[]; a_start bigint[]; a_end bigint[];
    -- … and the counters in force for them.
    c_id bigint[]; c_zone text[]; c_start bigint[]; c_end bigint[];
    c_spent bigint[]; c_held bigint[]; c_frees bigint[]; c_taken boolean[];
    l_id bigint[]; l_n bigint[];
    retired bigint[]; made bigint[]; lacking int[]; absent int[]; n int; i int; f int; one record;
    least_fit bigint; fit bigint; room bigint; stale boolean; refused boolean; amount numeric; ceiling numeric;
    spents bigint[]; helds bigint[]; fits bigint[]; amounts bigint[]; ids bigint[];
    seen bigint[] := '{}'; replies text[] := '{}'; ended json; windows json;
  BEGIN
    -- An answer is a promise: it is never given for a commit that may still be lost.
    IF current_setting('synchronous_commit') = 'off' THEN
      PERFORM set_config('synchronous_commit', 'on', true);
    END IF;

    -- Locks are taken in one order by everybody: lines, holds by id, counters by (rank, family, id).
    IF ends IS NOT NULL THEN
      SELECT array_agg(e.hold), array_agg(e.nano), array_agg(e.tokens), array_agg(e.known), array_agg(e.charge)
        INTO e_hold, e_nano, e_tokens, e_known, e_charge
        FROM json_to_recordset(ends) AS e(hold text, nano bigint, tokens bigint, known text, charge text);
      PERFORM pg_advisory_xact_lock_shared(hashtextextended('$.lines', 0));
      e_state := array_fill(NULL::text, ARRAY[cardinality(e_hold)]);
      e_line := array_fill(NULL::bigint, ARRAY[cardinality(e_hold)]);
      FOR one IN
        SELECT e.n, h.state, h.counters FROM unnest(e_hold) WITH ORDINALITY AS e(hold, n) JOIN $.holds h ON h.id = e.hold
        ORDER BY h.id FOR UPDATE OF h
      LOOP
        e_state[one.n] := one.state;
        IF one.state = 'open' THEN seen := seen || one.counters; END IF;
      END LOOP;
    END IF;

    IF asked IS NOT NULL THEN
      SELECT array_agg(w.family), array_agg(w.starts), array_agg(w.ends) INTO a_family, a_start, a_end
        FROM json_to_recordset(asked) AS w(family text, starts bigint, ends bigint);
    END IF;
    n := coalesce(cardinality(a_family), 0);
    IF n > 0 THEN
      SELECT array_agg(c.id), array_agg(a.n) INTO l_id, l_n
      FROM unnest(a_family) WITH ORDINALITY AS a(family, n) JOIN $.counters c ON c.family = a.family AND c.latest;
    END IF;
    PERFORM 1 FROM $.counters c WHERE c.id = ANY (l_id || seen) ORDER BY c.rank, c.family, c.id FOR UPDATE;
    at := $.now_v1(given);

    -- Ends come first: what they give back is there for those who ask.
    IF e_hold IS NOT NULL THEN
      FOR i IN 1 .. cardinality(e_hold) LOOP
        IF e_state[i] = 'open' THEN
          IF e_nano[i] IS NOT NULL THEN e_line[i] := nextval('$.line_ids'); END IF;
          o_hold := o_hold || e_hold[i]; o_nano := o_nano || e_nano[i]; o_tokens := o_tokens || e_tokens[i];
          o_known := o_known || e_known[i]; o_charge := o_charge || e_charge[i]; o_line := o_line || e_line[i];
        END IF;
      END LOOP;
    END IF;
    IF cardinality(o_hold) > 0 THEN
      WITH part AS (
        SELECT x.id, x.amount, o.nano, o.tokens
        FROM unnest(o_hold, o_nano, o_tokens) AS o(hold, nano, tokens)
          JOIN $.holds h ON h.id = o.hold, unnest(h.counters, h.amounts) AS x(id, amount)
      ), change AS (
        SELECT c.id, c.rolling, sum(p.amount)::bigint AS held, sum(CASE
          WHEN p.nano IS NULL THEN 0 WHEN c.unit = 'usd' THEN p.nano WHEN c.unit = 'tokens' THEN p.tokens
          ELSE p.amount END)::bigint AS spent
        FROM part p JOIN $.counters c ON c.id = p.id GROUP BY c.id
      ), bucket AS (
        INSERT INTO $.buckets AS b (counter, bucket, spent, youngest)
        SELECT id, at / ((rolling + 61) / 62), spent, at FROM change WHERE rolling IS NOT NULL AND spent <> 0
        ON CONFLICT (counter, bucket) DO UPDATE
        SET spent = b.spent + excluded.spent, youngest = greatest(b.youngest, excluded.youngest)
      ), gone AS (
        DELETE FROM $.buckets b USING change c
        WHERE c.rolling IS NOT NULL AND b.counter = c.id AND b.youngest <= at - 64 * ((c.rolling + 61) / 62)
      )
      UPDATE $.counters c SET held = c.held - change.held,
        spent = c.spent + CASE WHEN c.rolling IS NULL THEN change.spent ELSE 0 END
      FROM change WHERE c.id = change.id;

      INSERT INTO $.lines (id, hold, kind, at, user_id, run_id, nano, tokens, known, ceiling, charge, facts)
      SELECT o.line, o.hold, 'charge', at, h.user_id, h.run_id, o.nano, o.tokens, o.known, h.ceiling, o.charge, h.facts
      FROM unnest(o_line, o_hold, o_nano, o_tokens, o_known, o_charge) AS o(line, hold, nano, tokens, known, charge)
        JOIN $.holds h ON h.id = o.hold
      WHERE o.line IS NOT NULL;
      UPDATE $.holds h SET state =
        CASE WHEN o.nano IS NULL THEN 'released' WHEN o.known = 'assumed' THEN 'assumed' ELSE 'settled' END
      FROM unnest(o_hold, o_nano, o_known) AS o(hold, nano, known) WHERE h.id = o.hold;
    END IF;
    IF e_hold IS NOT NULL THEN
      SELECT json_agg(json_build_array(e.state, e.line, h.counters, h.ceiling, CASE WHEN e.line IS NOT NULL THEN h.facts END)
        ORDER BY e.n) INTO ended
      FROM unnest(e_hold, e_state, e_line) WITH ORDINALITY AS e(hold, state, line, n) LEFT JOIN $.holds h ON h.id = e.hold;
    END IF;

    -- The counters in force, as locked.
    c_id := array_fill(NULL::bigint, ARRAY[n]); c_zone := array_fill(NULL::text, ARRAY[n]);
    c_start := c_id; c_end := c_id; c_spent := c_id; c_held := c_id; c_frees := c_id;
    c_taken := array_fill(false, ARRAY[n]);
    IF n > 0 THEN FOR one IN
      SELECT l.n, c.*, b.spent AS recent, b.oldest + c.rolling AS frees
      FROM unnest(l_id, l_n) AS l(id, n) JOIN $.counters c ON c.id = l.id AND c.latest
        LEFT JOIN LATERAL (
          SELECT coalesce(sum(b.spent), 0)::bigint AS spent, min(b.youngest) FILTER (WHERE b.spent > 0) AS oldest
          FROM $.buckets b WHERE b.counter = c.id AND b.youngest > at - c.rolling
        ) b ON c.rolling IS NOT NULL
    LOOP
      f := one.n;
      c_id[f] := one.id; c_zone[f] := one.zone; c_start[f] := one.starts; c_end[f] := one.ends;
      c_held[f] := one.held; c_spent[f] := coalesce(one.recent, one.spent); c_frees[f] := one.frees;
    END LOOP; END IF;

    -- Where the window held in last is not in force, another one may be …
    FOR f IN 1 .. n LOOP
      IF c_end[f] IS NULL OR at < c_start[f] OR c_end[f] <= at THEN absent := absent || f; END IF;
    END LOOP;
    IF absent IS NOT NULL THEN
      IF EXISTS (
        SELECT FROM unnest(absent) AS x JOIN $.counters c ON c.family = a_family[x] WHERE c_id[x] IS NULL
      ) THEN
        RAISE EXCEPTION 'another process moved the same window' USING ERRCODE = 'serialization_failure';
      END IF;
      FOR one IN
        SELECT x AS n, c.* FROM unnest(absent) AS x
          JOIN $.counters c ON c.family = a_family[x] AND c.starts <= at AND at < c.ends
        ORDER BY c.rank, c.family, c.id FOR UPDATE OF c
      LOOP
        f := one.n;
        UPDATE $.counters SET latest = false WHERE id = c_id[f];
        UPDATE $.counters SET latest = true WHERE id = one.id;
        c_id[f] := one.id; c_zone[f] := one.zone; c_start[f] := one.starts; c_end[f] := one.ends;
        c_held[f] := one.held; c_spent[f] := one.spent; c_frees[f] := NULL;
      END LOOP;
      -- … and else the one asked for begins, between those that there are.
      FOREACH f IN ARRAY absent LOOP
        IF (c_end[f] IS NULL OR at < c_start[f] OR c_end[f] <= at) AND a_start[f] <= at AND at < a_end[f] THEN
          lacking := lacking || f;
        END IF;
      END LOOP;
    END IF;
    IF lacking IS NOT NULL THEN
      retired := ARRAY(SELECT c_id[x] FROM unnest(lacking) AS x WHERE c_id[x] IS NOT NULL);
      UPDATE $.counters SET latest = false WHERE id = ANY (retired);
      FOR one IN
        INSERT INTO $.counters AS c
          (family, latest, rank, scope, subject, unit, period, zone, starts, ends, rolling)
        SELECT w.family, true, w.rank, w.scope, w.subject, w.unit, w.period, w.zone,
          greatest(w.starts, (SELECT d.ends FROM $.counters d
            WHERE d.family = w.family AND d.starts <= at ORDER BY d.starts DESC LIMIT 1)),
          least(w.ends, (SELECT d.starts FROM $.counters d
            WHERE d.family = w.family AND d.starts > at ORDER BY d.starts LIMIT 1)), w.rolling
        FROM (
          SELECT row_number() OVER () AS n, w.*,
            CASE WHEN scope IN ('run', 'thread', 'user') THEN 0 WHEN scope = 'app' THEN 2 ELSE 1 END AS rank
          FROM json_to_recordset(asked) AS w(family text, scope text, subject text, unit text,
            period text, zone text, starts bigint, ends bigint, rolling bigint)
        ) w WHERE w.n = ANY (lacking) ORDER BY w.rank, w.family COLLATE "C"
        ON CONFLICT (family) WHERE latest DO NOTHING RETURNING c.*
      LOOP
        f := array_position(a_family, one.family);
        c_id[f] := one.id; c_zone[f] := one.zone; c_start[f] := one.starts; c_end[f] := one.ends;
        c_held[f] := 0; c_spent[f] := 0; c_frees[f] := NULL;
        made := made || one.id;
      END LOOP;
      IF coalesce(cardinality(made), 0) < cardinality(lacking) THEN
        RAISE EXCEPTION 'another process began the same window' USING ERRCODE = 'serialization_failure';
      END IF;
    END IF;

    IF reserves IS NOT NULL THEN FOR one IN
      SELECT q.*, h.state, h.output_tokens, h.expires_at, h.counters
      FROM json_to_recordset(reserves) AS q(
        hold text, owner text, ttl bigint, least bigint, most bigint, windows int[], limits bigint[],
        fixed bigint[], per bigint[], "ceilingFixed" bigint, "ceilingPer" bigint, prompt bigint,
        "user" text, run text, facts text)
      LEFT JOIN $.holds h ON h.id = q.hold
    LOOP
      IF one.state = 'open' THEN
        seen := seen || one.counters;
        replies := replies || json_build_array('again', one.output_tokens, one.expires_at, one.counters)::text;
        CONTINUE;
      ELSIF one.state IS NOT NULL THEN
        replies := replies || '["ended"]'::text;
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
          room := one.limits[i] - c_spent[f] - c_held[f];
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
        replies := replies || json_build_array('refused', spents, helds, fits)::text;
        CONTINUE;
      END IF;

      -- Beyond limits the products may pass a bigint: numeric is exact.
      ceiling := div(one."ceilingFixed" + one."ceilingPer"::numeric * least_fit + 999, 1000);
      refused := ceiling > 9007199254740991;
      FOR i IN 1 .. cardinality(one.windows) LOOP
        amount := div(one.fixed[i] + one.per[i]::numeric * least_fit + 999, 1000);
        IF amount > 9007199254740991 THEN
          refused := true;
          EXIT;
        END IF;
        amounts[i] := amount;
      END LOOP;
      IF refused THEN
        replies := replies || '["uncountable"]'::text;
        CONTINUE;
      END IF;
      FOR i IN 1 .. cardinality(one.windows) LOOP
        f := one.windows[i];
        c_held[f] := c_held[f] + amounts[i]; c_taken[f] := true;
        helds[i] := c_held[f];
      END LOOP;
      INSERT INTO $.holds (id, state, owner, created_at, expires_at, output_tokens, ceiling, tokens,
        user_id, run_id, counters, amounts, facts)
      VALUES (one.hold, 'open', one.owner, at, at + one.ttl, least_fit, ceiling, one.prompt + least_fit,
        one."user", one.run, ids, amounts, one.facts)
      ON CONFLICT (id) DO NOTHING;
      IF NOT FOUND THEN
        RAISE EXCEPTION 'another process took the same hold' USING ERRCODE = 'serialization_failure';
      END IF;
      replies := replies || json_build_array('held', spents, helds, least_fit, at + one.ttl)::text;
    END LOOP; END IF;

    IF n > 0 THEN
      UPDATE $.counters c SET held = u.held
      FROM unnest(c_id, c_held, c_taken) AS u(id, held, taken) WHERE u.taken AND c.id = u.id;
      -- A window that nothing was held in has not begun.
      IF made IS NOT NULL THEN
        DELETE FROM $.counters c USING unnest(c_id, c_taken) AS u(id, taken)
        WHERE NOT u.taken AND c.id = u.id AND u.id = ANY (made);
        IF cardinality(retired) > 0 THEN
          UPDATE $.counters c SET latest = true WHERE c.id = ANY (retired)
            AND NOT EXISTS (SELECT FROM $.counters d WHERE d.family = c.family AND d.latest);
        END IF;
      END IF;
      SELECT json_agg(json_build_array(u.zone, u.starts, u.ends, u.frees) ORDER BY u.n) INTO windows
      FROM unnest(c_zone, c_start, c_end, c_frees) WITH ORDINALITY AS u(zone, starts, ends, frees, n);
    END IF;
    RETURN '{"common":' || json_build_array(at, ended,
      CASE WHEN cardinality(seen) > 0 THEN $.states_v1(seen, at) ELSE '[]' END, windows)::text || ',"reserves":[' || array_to_string(replies, ',') || ']}';
  END
  $f$;
`;
