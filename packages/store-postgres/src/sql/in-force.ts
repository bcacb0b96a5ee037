/** The part of `commit_v1` that finds the windows in force. `$` stands for the schema. */

/** Windows asked for: what isn't their family's name. */
const REST =
  "scope text, subject text, unit text, period text, zone text, starts bigint, ends bigint, rolling bigint, who text";

export const READ_ASKED: string = `
    IF a_scope IS NULL AND n > 0 THEN
      SELECT array_agg(w.scope), array_agg(w.subject), array_agg(w.starts), array_agg(w.ends), array_agg(w.who)
        INTO a_scope, a_subject, a_start, a_end, a_who FROM json_to_recordset(w_rest::json) AS w(${REST});
    END IF;`;

/** Before any lock: the windows held in last, and whether one is to begin that has a past. */
export const LOOK_UP: string = `
    IF n > 0 THEN
      SELECT array_agg(c.id), array_agg(a.n) INTO l_id, l_n
      FROM unnest(w_family) WITH ORDINALITY AS a(family, n) JOIN $.counters c ON c.family = a.family AND c.latest;
      IF n > coalesce(cardinality(l_id), 0) THEN
        ${READ_ASKED}
        is_alone := EXISTS (
          SELECT FROM unnest(w_family, a_scope, a_subject) WITH ORDINALITY AS a(family, scope, subject, n)
          WHERE a.n <> ALL (coalesce(l_n, '{}')) AND a.scope <> 'route'
            AND EXISTS (SELECT FROM $.counters c WHERE c.scope = a.scope AND c.subject = a.subject)
            AND NOT EXISTS (SELECT FROM $.counters c WHERE c.family = a.family));
      END IF;
    END IF;`;

export const IN_FORCE: string = `
    -- The counters in force, as locked.
    c_id := array_fill(NULL::bigint, ARRAY[n]); c_zone := array_fill(NULL::text, ARRAY[n]);
    c_start := c_id; c_end := c_id; c_spent := c_id; c_held := c_id; c_frees := c_id; c_cap := c_id; c_claimed := c_id;
    c_credit := array_fill(0::bigint, ARRAY[n]); c_taken := array_fill(false, ARRAY[n]);
    IF n > 0 THEN FOR one IN
      SELECT l.n, c.*, b.spent AS recent, b.frees FROM unnest(l_id, l_n) AS l(id, n)
        JOIN $.counters c ON c.id = l.id AND c.latest AND c.family = w_family[l.n]
        LEFT JOIN LATERAL $.recent_v1(c.id, c.rolling, at) b ON c.rolling IS NOT NULL
    LOOP
      f := one.n;
      c_id[f] := one.id; c_zone[f] := one.zone; c_start[f] := one.starts; c_end[f] := one.ends; c_credit[f] := one.credit;
      c_held[f] := one.held; c_spent[f] := coalesce(one.recent, one.spent); c_frees[f] := one.frees;
    END LOOP; END IF;

    -- Where the window held in last is not in force, another one may be …
    FOR f IN 1 .. n LOOP
      IF c_end[f] IS NULL OR at < c_start[f] OR c_end[f] <= at THEN absent := absent || f; END IF;
    END LOOP;
    IF absent IS NOT NULL THEN
      IF EXISTS (
        SELECT FROM unnest(absent) AS x JOIN $.counters c ON c.family = w_family[x] WHERE c_id[x] IS NULL
      ) THEN
        RAISE EXCEPTION 'another process moved the same window' USING ERRCODE = 'serialization_failure';
      END IF;
      FOR one IN
        SELECT x AS n, c.* FROM unnest(absent) AS x
          JOIN $.counters c ON c.family = w_family[x] AND c.starts <= at AND at < c.ends
        ORDER BY c.id FOR UPDATE OF c
      LOOP
        f := one.n;
        UPDATE $.counters SET latest = false WHERE id = c_id[f];
        UPDATE $.counters SET latest = true WHERE id = one.id;
        c_id[f] := one.id; c_zone[f] := one.zone; c_start[f] := one.starts; c_end[f] := one.ends;
        c_held[f] := one.held; c_spent[f] := one.spent; c_credit[f] := one.credit; c_frees[f] := NULL;
      END LOOP;
      -- … and else the one asked for begins, between those that there are.
      FOREACH f IN ARRAY absent LOOP
        IF (c_end[f] IS NULL OR at < c_start[f] OR c_end[f] <= at) AND a_start[f] <= at AND at < a_end[f] THEN
          lacking := lacking || f;
        END IF;
      END LOOP;
    END IF;
    IF lacking IS NOT NULL THEN
      -- Families that are new to a subject that is not.
      past := ARRAY(SELECT x FROM unnest(lacking) AS x WHERE c_id[x] IS NULL AND a_scope[x] <> 'route'
        AND EXISTS (SELECT FROM $.counters c WHERE c.scope = a_scope[x] AND c.subject = a_subject[x]));
      IF cardinality(past) > 0 AND NOT is_alone THEN
        RAISE EXCEPTION 'another process began windows of the same subject' USING ERRCODE = 'serialization_failure';
      END IF;
      -- In turn, one of these reserves would begin what another one finds begun, and has no part in.
      IF EXISTS (
        SELECT FROM unnest(lacking) AS x, unnest(a_scope, a_subject, a_who) AS a(scope, subject, who)
        WHERE c_id[x] IS NULL AND a.scope = a_scope[x] AND a.subject = a_subject[x] AND a.who <> a_who[x]
      ) THEN
        RAISE EXCEPTION 'reserves that must go one by one' USING ERRCODE = '22B01';
      END IF;
      retired := ARRAY(SELECT c_id[x] FROM unnest(lacking) AS x WHERE c_id[x] IS NOT NULL);
      UPDATE $.counters SET latest = false WHERE id = ANY (retired);
      FOR one IN
        INSERT INTO $.counters AS c
          (id, family, latest, scope, subject, unit, period, zone, starts, ends, rolling)
        SELECT $.counter_id_v1(w.scope), w.family, true, w.scope, w.subject, w.unit, w.period, w.zone,
          greatest(w.starts, (SELECT d.ends FROM $.counters d
            WHERE d.family = w.family AND d.starts <= at ORDER BY d.starts DESC LIMIT 1)),
          least(w.ends, (SELECT d.starts FROM $.counters d
            WHERE d.family = w.family AND d.starts > at ORDER BY d.starts LIMIT 1)), w.rolling
        FROM (
          SELECT w.*
          FROM ROWS FROM (unnest(w_family), json_to_recordset(w_rest::json) AS (${REST})) WITH ORDINALITY
            AS w(family, scope, subject, unit, period, zone, starts, ends, rolling, who, n)
        ) w WHERE w.n = ANY (lacking) ORDER BY $.rank_v1(w.scope), w.family COLLATE "C"
        ON CONFLICT (family) WHERE latest DO NOTHING RETURNING c.*
      LOOP
        f := array_position(w_family, one.family);
        c_id[f] := one.id; c_zone[f] := one.zone; c_start[f] := one.starts; c_end[f] := one.ends;
        c_held[f] := 0; c_spent[f] := 0; c_credit[f] := 0; c_frees[f] := NULL;
        made := made || one.id;
      END LOOP;
      IF coalesce(cardinality(made), 0) < cardinality(lacking) THEN
        RAISE EXCEPTION 'another process began the same window' USING ERRCODE = 'serialization_failure';
      END IF;
      FOREACH f IN ARRAY past LOOP
        PERFORM $.seed_v1(c_id[f], at);
        SELECT coalesce(b.spent, c.spent) AS spent, c.held, b.frees INTO one
        FROM $.counters c LEFT JOIN LATERAL $.recent_v1(c.id, c.rolling, at) b ON c.rolling IS NOT NULL WHERE c.id = c_id[f];
        c_spent[f] := one.spent; c_held[f] := one.held; c_frees[f] := one.frees;
      END LOOP;
    END IF;`;

/** What was held is written at once; a window that nothing was held in, or noticed of, has not begun. */
export const WRITE: string = `
    IF n > 0 THEN
      UPDATE $.counters c SET held = u.held, cap = coalesce(u.cap, c.cap)
      FROM unnest(c_id, c_held, c_cap, c_taken) AS u(id, held, cap, taken) WHERE u.taken AND c.id = u.id;
      IF made IS NOT NULL THEN
        DELETE FROM $.buckets b USING unnest(c_id, c_taken) AS u(id, taken)
        WHERE NOT u.taken AND b.counter = u.id AND u.id = ANY (made);
        DELETE FROM $.counters c USING unnest(c_id, c_taken) AS u(id, taken)
        WHERE NOT u.taken AND c.id = u.id AND u.id = ANY (made);
        IF cardinality(retired) > 0 THEN
          UPDATE $.counters c SET latest = true WHERE c.id = ANY (retired)
            AND NOT EXISTS (SELECT FROM $.counters d WHERE d.family = c.family AND d.latest);
        END IF;
        FOREACH f IN ARRAY past LOOP
          IF c_taken[f] THEN PERFORM $.give_parts_v1(c_id[f], c_claimed[f], at); END IF;
        END LOOP;
      END IF;
      windows := json_build_array(c_zone, c_start, c_end, c_frees, c_credit);
    END IF;`;
