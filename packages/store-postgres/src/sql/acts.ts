/** What operators say: each act once, in one commit with its line. `$` stands for the schema. */
import { ACTS_ALONE, ALONE, WRITES_LINES } from "./locks.ts";
import { PLANS, SYNCED } from "./server-settings.ts";

/** Nothing was done: a user who is to be forgotten has begun a step meanwhile. */
export const STILL_OPEN = "AB004";

export const ACTS: string = `
  CREATE FUNCTION $.act_v1(given bigint, asked json) RETURNS text LANGUAGE plpgsql ${PLANS} AS $f$
  DECLARE
    r record; l $.lines; h $.holds; w $.counters; at bigint; the_id bigint; whose text; moved jsonb; total bigint;
  BEGIN
    ${SYNCED}
    ${ACTS_ALONE}
    SELECT * INTO r FROM json_to_record(asked) AS r(id text, kind text, said text, act jsonb, scope text, subject text,
      limits text, win json, amount bigint, hold text, nano bigint, target text, pseudonym text);
    SELECT * INTO l FROM $.lines WHERE act_id = r.id;
    IF FOUND THEN RETURN json_build_array('already', $.line_v1(l))::text; END IF;
    IF r.kind = 'forget' THEN
      -- Most of it before anybody has to wait.
      whose := $.user_v1(r.subject);
      IF $.is_open_v1(whose) THEN RETURN '["refused","open"]'; END IF;
      PERFORM $.forget_past_v1($.names_v1(whose), r.pseudonym);
    END IF;
    ${ALONE}
    ${WRITES_LINES}
    at := $.now_v1(given);
    l.id := nextval('$.line_ids'); l.kind := r.kind; l.at := at; l.hold := ''; l.act_id := r.id; l.said := r.said;
    l.act := jsonb_build_object('act', r.act);
    -- Of an alias it is said of its user.
    IF r.scope = 'user' THEN whose := $.user_v1(r.subject); END IF;

    IF r.kind IN ('limits', 'freeze', 'unfreeze') THEN
      r.subject := coalesce(whose, r.subject);
      INSERT INTO $.settings AS s (key, scope, subject, version, limits, frozen)
      VALUES (r.scope || chr(10) || r.subject, r.scope, r.subject, l.id, r.limits, r.kind = 'freeze')
      ON CONFLICT (key) DO UPDATE SET version = l.id,
        limits = CASE WHEN r.kind = 'limits' THEN r.limits ELSE s.limits END,
        frozen = CASE WHEN r.kind = 'limits' THEN s.frozen ELSE r.kind = 'freeze' END;

    ELSIF r.kind = 'credit' THEN
      w := json_populate_record(NULL::$.counters, r.win);
      IF whose IS NOT NULL THEN
        w.family := left(w.family, -length(w.subject)) || whose; w.subject := whose;
      END IF;
      the_id := $.force_v1(w, at, EXISTS (SELECT FROM $.counters c WHERE c.scope = w.scope AND c.subject = w.subject));
      IF the_id IS NULL THEN RETURN json_build_array('stale', at)::text; END IF;
      UPDATE $.counters SET credit = credit + r.amount WHERE id = the_id RETURNING credit INTO total;
      IF total > 9007199254740991 THEN
        RAISE EXCEPTION 'a credit of % can''t be counted exactly', total USING ERRCODE = '22003';
      END IF;

    ELSIF r.kind = 'adjustment' THEN
      SELECT * INTO h FROM $.holds WHERE id = r.hold FOR UPDATE;
      IF h.id IS NULL OR h.state = 'released' THEN RETURN '["refused","unknown"]'; END IF;
      IF h.state = 'open' THEN RETURN '["refused","open"]'; END IF;
      SELECT r.nano - sum(x.nano), min(x.user_id) INTO l.nano, whose FROM $.lines x WHERE x.hold = r.hold;
      l.hold := r.hold;
      PERFORM $.change_v1(r.hold, l.nano, 0, at);
      UPDATE $.holds SET state = 'corrected' WHERE id = r.hold AND state = 'assumed';

    ELSIF r.kind = 'merge' THEN
      r.target := $.user_v1(r.target);
      IF whose <> r.subject OR r.target = r.subject THEN RETURN '["refused","alias"]'; END IF;
      moved := $.merge_v1(r.subject, r.target, l.id, at);
      l.act := l.act || jsonb_build_object('moved', moved);
      whose := r.target;

    ELSIF r.kind = 'forget' THEN
      IF $.is_open_v1(whose) THEN
        RAISE EXCEPTION 'a user who is to be forgotten has open holds' USING ERRCODE = '${STILL_OPEN}';
      END IF;
      PERFORM $.forget_v1(whose, r.pseudonym, at);
      l.act := jsonb_set(l.act, '{act,subject}', to_jsonb(r.pseudonym));
      whose := r.pseudonym;
    END IF;

    l.user_id := whose;
    INSERT INTO $.lines SELECT l.*;
    RETURN json_build_array('done', $.line_v1(l), CASE WHEN r.kind = 'credit' THEN $.states_v1(ARRAY[the_id], at) -> 0 END)::text;
  END
  $f$;
`;
