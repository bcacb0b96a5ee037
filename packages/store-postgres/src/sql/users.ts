/** Users who become one, and users who are forgotten. `$` stands for the schema; the caller has the settings' lock alone. */
import { PLANS } from "./server-settings.ts";

export const USERS: string = `
  -- All that is in one window goes into another one; what was taken from the first one ends there.
  CREATE FUNCTION $.pour_v1(source bigint, goal bigint) RETURNS void LANGUAGE plpgsql ${PLANS} AS $f$
  BEGIN
    UPDATE $.counters t SET spent = t.spent + s.spent, held = t.held + s.held, credit = t.credit + s.credit
    FROM $.counters s WHERE s.id = source AND t.id = goal;
    INSERT INTO $.buckets AS b (counter, bucket, spent, youngest, gone)
    SELECT goal, s.bucket, s.spent, s.youngest, s.gone FROM $.buckets s WHERE s.counter = source
    ON CONFLICT (counter, bucket) DO UPDATE
    SET spent = b.spent + excluded.spent, youngest = greatest(b.youngest, excluded.youngest);
    DELETE FROM $.buckets WHERE counter = source;
    DELETE FROM $.counters WHERE id = source;
    UPDATE $.moved SET target = goal WHERE target = source;
    INSERT INTO $.moved (counter, target) VALUES (source, goal);
  END
  $f$;

  -- Open holds settle in what has come into the place of their windows, for the user of now.
  CREATE FUNCTION $.move_holds_v1(sources bigint[], the_user text, goal text) RETURNS void LANGUAGE plpgsql ${PLANS} AS $f$
  DECLARE ids text[];
  BEGIN
    ids := ARRAY(SELECT h.id FROM $.holds h WHERE h.state = 'open' AND (h.user_id = the_user OR h.counters && sources));
    PERFORM 1 FROM $.holds h WHERE h.id = ANY (ids) ORDER BY h.id FOR UPDATE;
    UPDATE $.holds h SET counters = $.living_v1(h.counters), user_id = CASE WHEN h.user_id = the_user THEN goal ELSE h.user_id END
    WHERE h.id = ANY (ids);
  END
  $f$;

  -- A family has a latest window as long as it has any.
  CREATE FUNCTION $.mend_latest_v1(names text[]) RETURNS void LANGUAGE plpgsql ${PLANS} AS $f$
  BEGIN
    UPDATE $.counters c SET latest = true WHERE c.scope = 'user' AND c.subject = ANY (names)
      AND NOT EXISTS (SELECT FROM $.counters d WHERE d.family = c.family AND (d.latest OR d.starts > c.starts));
  END
  $f$;

  CREATE FUNCTION $.merge_v1(the_user text, goal text, the_version bigint, at bigint) RETURNS jsonb LANGUAGE plpgsql ${PLANS} AS $f$
  DECLARE
    has_past boolean; goal_has_past boolean; c $.counters; w $.counters; target $.counters;
    now_spent bigint; moment bigint; goal_id bigint; sources bigint[] := '{}'; moved jsonb := '[]';
  BEGIN
    has_past := EXISTS (SELECT FROM $.counters x WHERE x.scope = 'user' AND x.subject = the_user);
    goal_has_past := EXISTS (SELECT FROM $.counters x WHERE x.scope = 'user' AND x.subject = goal);
    -- What only one of the two has in force begins for the other one.
    FOR c IN
      SELECT x.* FROM $.counters x WHERE x.scope = 'user' AND x.subject IN (the_user, goal) AND x.starts <= at AND at < x.ends
      ORDER BY x.subject = goal, x.family COLLATE "C"
    LOOP
      w := c;
      w.subject := CASE c.subject WHEN goal THEN the_user ELSE goal END;
      w.family := left(c.family, -length(c.subject)) || w.subject;
      PERFORM $.force_v1(w, at, CASE c.subject WHEN goal THEN has_past ELSE goal_has_past END);
    END LOOP;

    FOR c IN
      SELECT x.* FROM $.counters x WHERE x.scope = 'user' AND x.subject = the_user AND x.ends > at
      ORDER BY x.family COLLATE "C", x.starts
    LOOP
      w := c;
      w.subject := goal;
      w.family := left(c.family, -length(c.subject)) || goal;
      moment := greatest(at, c.starts);
      goal_id := $.force_v1(w, moment, goal_has_past);
      SELECT * INTO target FROM $.counters x WHERE x.id = goal_id;
      now_spent := c.spent;
      IF c.rolling IS NOT NULL THEN
        SELECT b.spent INTO now_spent FROM $.recent_v1(c.id, c.rolling, at) b;
      END IF;
      moved := moved || jsonb_build_object('family', target.family, 'start', target.starts,
        'spent', now_spent, 'held', c.held, 'credit', c.credit);
      PERFORM $.pour_v1(c.id, target.id);
      sources := sources || c.id;
    END LOOP;
    PERFORM $.mend_latest_v1(ARRAY[the_user, goal]), $.move_holds_v1(sources, the_user, goal);

    UPDATE $.settings SET alias = goal, version = the_version WHERE alias = the_user;
    INSERT INTO $.settings (key, scope, subject, version, alias)
    VALUES ('user' || chr(10) || the_user, 'user', the_user, the_version, goal)
    ON CONFLICT (key) DO UPDATE SET version = the_version, alias = goal, limits = NULL, frozen = false;
    RETURN moved;
  END
  $f$;

  -- What was said of a user, under a pseudonym: names end the names of families.
  CREATE FUNCTION $.renamed_v1(told jsonb, names text[], whose text, pseudonym text) RETURNS jsonb LANGUAGE plpgsql IMMUTABLE AS $f$
  DECLARE act jsonb := told -> 'act'; win jsonb := told -> 'act' -> 'window';
  BEGIN
    IF act ->> 'subject' = ANY (names) THEN act := act || jsonb_build_object('subject', pseudonym); END IF;
    IF act ->> 'into' = ANY (names) THEN act := act || jsonb_build_object('into', pseudonym); END IF;
    IF win ->> 'subject' = ANY (names) THEN
      act := act || jsonb_build_object('window', win || jsonb_build_object('subject', pseudonym,
        'family', left(win ->> 'family', -length(win ->> 'subject')) || pseudonym));
    END IF;
    told := told || jsonb_build_object('act', act);
    IF told ? 'moved' THEN
      told := told || jsonb_build_object('moved', (
        SELECT coalesce(jsonb_agg(m.m || jsonb_build_object('family', left(m.m ->> 'family', -length(whose)) || pseudonym) ORDER BY m.n), '[]')
        FROM jsonb_array_elements(told -> 'moved') WITH ORDINALITY AS m(m, n)));
    END IF;
    RETURN told;
  END
  $f$;

  CREATE FUNCTION $.is_open_v1(the_user text) RETURNS boolean LANGUAGE sql STABLE AS $f$
    SELECT EXISTS (SELECT FROM $.holds o WHERE o.state = 'open' AND o.user_id = ANY ($.names_v1(the_user)))
  $f$;

  -- What is deleted, before others have to wait. Whoever saves meanwhile saves after it: a run whose
  -- thread has come since then is left alone, or its next save and this would wait for each other.
  CREATE FUNCTION $.forget_past_v1(names text[], pseudonym text) RETURNS void LANGUAGE plpgsql ${PLANS} AS $f$
  DECLARE gone text[];
  BEGIN
    -- Threads before runs, as whoever saves does it.
    PERFORM 1 FROM $.threads t WHERE t.user_id = ANY (names) ORDER BY t.id FOR UPDATE;
    WITH gone_threads AS (DELETE FROM $.threads t WHERE t.user_id = ANY (names) RETURNING t.id)
    SELECT array_agg(id) INTO gone FROM gone_threads;
    DELETE FROM $.items WHERE thread = ANY (gone);
    DELETE FROM $.runs WHERE thread = ANY (gone);
    DELETE FROM $.runs r WHERE r.user_id = ANY (names) AND NOT EXISTS (SELECT FROM $.threads t WHERE t.id = r.thread);
    PERFORM $.rename_lines_v1(names, pseudonym);
  END
  $f$;

  CREATE FUNCTION $.rename_lines_v1(names text[], pseudonym text) RETURNS void LANGUAGE plpgsql ${PLANS} AS $f$
  BEGIN
    UPDATE $.lines SET user_id = pseudonym,
      act = CASE WHEN act IS NOT NULL THEN $.renamed_v1(act, names, user_id, pseudonym) END
    WHERE user_id = ANY (names);
  END
  $f$;

  CREATE FUNCTION $.forget_v1(the_user text, pseudonym text, at bigint) RETURNS void LANGUAGE plpgsql ${PLANS} AS $f$
  DECLARE
    names text[] := $.names_v1(the_user); c $.counters; other bigint; named text; sources bigint[] := '{}';
  BEGIN
    -- Those that have been written meanwhile.
    PERFORM $.rename_lines_v1(names, pseudonym);
    INSERT INTO $.seeded SELECT DISTINCT ON (counter) 'user', pseudonym, counter, cap, since, until, line
    FROM $.seeded WHERE scope = 'user' AND subject = ANY (names) ON CONFLICT DO NOTHING;
    DELETE FROM $.seeded WHERE scope = 'user' AND subject = ANY (names);
    FOR c IN
      SELECT x.* FROM $.counters x WHERE x.scope = 'user' AND x.subject = ANY (names)
      ORDER BY array_position(names, x.subject), x.family COLLATE "C", x.starts
    LOOP
      -- Under a pseudonym that was given before, sums come together: no two windows of a family overlap.
      named := left(c.family, -length(c.subject)) || pseudonym;
      SELECT x.id INTO other FROM $.counters x WHERE x.family = named AND x.id <> c.id AND x.starts < c.ends AND c.starts < x.ends
      ORDER BY NOT (x.starts <= at AND at < x.ends), x.starts LIMIT 1;
      IF FOUND THEN
        PERFORM $.pour_v1(c.id, other);
        sources := sources || c.id;
      ELSE
        UPDATE $.counters SET family = named, subject = pseudonym, latest = false WHERE id = c.id;
      END IF;
    END LOOP;
    PERFORM $.mend_latest_v1(names || pseudonym), $.move_holds_v1(sources, NULL, NULL);
    DELETE FROM $.notices WHERE scope = 'user' AND subject = ANY (names);
    DELETE FROM $.settings WHERE scope = 'user' AND subject = ANY (names);
  END
  $f$;
`;
