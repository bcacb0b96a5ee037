/**
 * Reserves, settles and releases of one process in one call: each on its own terms, all in one
 * commit. The functions carry a version in their names, so that an older process goes on calling
 * the one that it knows while a newer one has brought another.
 */

import { DUE_NOTICES } from "./due-notices.ts";
import { END_HOLDS, TELL_ENDS, WRITE_LINES } from "./ends.ts";
import { IN_FORCE, LOOK_UP, READ_ASKED, WRITE } from "./in-force.ts";
import { ALONE, SHARED, WRITES_LINES } from "./locks.ts";
import { MOVE_SUMS } from "./move-sums.ts";
import { GRANT_ALL } from "./plain.ts";
import { COMPARE, DECIDE } from "./reserves.ts";
import { PLANS, SYNCED } from "./server-settings.ts";

/**
 * `$` stands for the schema. Of the arguments those that begin with `w` are the windows that are asked
 * for, `q` the reserves, `e` the ends. What only matters where reserves are looked at one by one is
 * JSON, given as text: nearly always nobody reads it.
 */
export const COMMIT: string = `
  CREATE FUNCTION $.commit_v1(given bigint, named text,
    w_family text[], w_total bigint[], w_most bigint[], w_cap bigint[], w_rest text,
    q_hold text[], q_owner text[], q_ttl bigint[], q_most bigint[], q_ceiling bigint[], q_prompt bigint[],
    q_user text[], q_thread text[], q_run text[], q_facts text[], q_subjects text[],
    q_windows text[], q_amounts text[], q_caps text[], q_thresholds text[], q_rest text,
    e_hold text[], e_nano bigint[], e_tokens bigint[], e_known text[], e_charge text[])
  RETURNS text LANGUAGE plpgsql ${PLANS} AS $f$
  DECLARE
    at bigint;
    -- Of what ends, what is open yet and therefore ends now; no nano is a release.
    o_n bigint[]; o_hold text[]; o_nano bigint[]; o_tokens bigint[]; o_charge text[]; o_line bigint[]; o_ceiling bigint[];
    o_user text[]; o_thread text[]; o_run text[]; o_subjects text[]; o_facts text[]; o_counters text[]; o_told text[] := '{}';
    -- Its parts, a counter each, and of these the rolling ones.
    p_id bigint[]; p_held bigint[]; p_amount bigint[]; p_nano bigint[]; p_tokens bigint[]; p_cap bigint[]; p_threshold bigint[];
    r_id bigint[]; r_period bigint[]; r_spent bigint[];
    -- What else is known of the windows asked for …
    a_scope text[]; a_subject text[]; a_start bigint[]; a_end bigint[]; a_who text[];
    -- … and the counters in force for them.
    c_id bigint[]; c_zone text[]; c_start bigint[]; c_end bigint[]; c_credit bigint[]; c_cap bigint[]; c_claimed bigint[];
    c_spent bigint[]; c_held bigint[]; c_frees bigint[]; c_rolling bigint[]; c_taken boolean[];
    n int; l_id bigint[]; l_n bigint[]; is_alone boolean := false; past int[] := '{}';
    is_plain boolean; is_in_place boolean; has_rolling boolean; has_new_cap boolean; first_end bigint; last_start bigint; put text[];
    -- Settings that differ from those named.
    d_n int[]; d_told text[];
    retired bigint[]; made bigint[]; lacking int[]; absent int[]; i int; f int; one record;
    least_fit bigint; fit bigint; room bigint; stale boolean; refused boolean; amount numeric; ceiling bigint;
    spents bigint[]; helds bigint[]; fits bigint[]; amounts bigint[]; ids bigint[];
    grant_of $.holds; granted $.holds[] := '{}'; hot bigint[]; noticed text[] := '{}'; is_noticed boolean;
    seen bigint[] := '{}'; states text; replies text[] := '{}'; windows json;
  BEGIN
    ${SYNCED}
    n := cardinality(w_family);
    ${LOOK_UP}
    -- Locks are taken in one order by everybody: settings, lines, holds by id, counters by id.
    IF is_alone THEN ${ALONE} ELSE ${SHARED} END IF;
    IF cardinality(e_hold) > 0 THEN ${WRITES_LINES} END IF;
    ${COMPARE}
    -- Whether all reserves may be granted all that they ask for, at once.
    is_plain := coalesce(cardinality(w_total), -1) = n AND coalesce(cardinality(l_id), 0) = n AND d_n IS NULL;
    ${END_HOLDS}
    ${MOVE_SUMS}
    ${DUE_NOTICES}
    ${WRITE_LINES}
    IF cardinality(q_hold) > 0 THEN
      IF is_plain THEN ${GRANT_ALL} END IF;
      IF NOT is_plain THEN
        ${READ_ASKED}
        ${IN_FORCE}
        ${DECIDE}
        ${WRITE}
      END IF;
    END IF;
    ${TELL_ENDS}
    -- What else was moved since, or is summed up elsewhere, is read anew.
    IF cardinality(seen) > 0 AND (states IS NULL OR r_id IS NOT NULL OR NOT is_plain) THEN states := $.states_v1(seen, at); END IF;
    RETURN concat('{"common":[', at, ',[', array_to_string(o_told, ','), '],',
      coalesce(states, '[]'), ',', coalesce(windows, 'null'), ',', to_json(noticed), ']',
      CASE WHEN NOT is_plain THEN concat(',"reserves":[', array_to_string(replies, ','), ']') END, '}');
  END
  $f$;
`;
