/**
 * Reserves, settles and releases of one process in one call: each on its own terms, all in one
 * commit. The functions carry a version in their names, so that an older process goes on calling
 * the one that it knows while a newer one has brought another.
 */

import { END_HOLDS, LOCK_HOLDS } from "./ends.ts";
import { IN_FORCE, LOOK_UP, WRITE } from "./in-force.ts";
import { ALONE, SHARED, WRITES_LINES } from "./locks.ts";
import { COMPARE, DECIDE } from "./reserves.ts";
import { PLANS, SYNCED } from "./server-settings.ts";

/** `$` stands for the schema. */
export const COMMIT: string = `
  CREATE FUNCTION $.commit_v1(given bigint, asked json, reserves json, ends json, named json)
  RETURNS text LANGUAGE plpgsql ${PLANS} AS $f$
  DECLARE
    at bigint;
    -- What ends: a hold each; no nano is a release.
    e_hold text[]; e_nano bigint[]; e_tokens bigint[]; e_known text[]; e_charge text[];
    e_state text[]; e_line bigint[];
    -- Of these, what is open yet and therefore ends now.
    o_hold text[] := '{}'; o_nano bigint[] := '{}'; o_tokens bigint[] := '{}'; o_known text[] := '{}';
    o_charge text[] := '{}'; o_line bigint[] := '{}';
    -- Windows asked for, a family each …
    a_family text[]; a_scope text[]; a_subject text[]; a_start bigint[]; a_end bigint[]; a_who text[];
    -- … and the counters in force for them.
    c_id bigint[]; c_zone text[]; c_start bigint[]; c_end bigint[]; c_credit bigint[]; c_cap bigint[]; c_claimed bigint[];
    c_spent bigint[]; c_held bigint[]; c_frees bigint[]; c_taken boolean[];
    l_id bigint[]; l_n bigint[]; is_alone boolean := false; past int[] := '{}';
    -- Settings that differ from those named.
    d_n int[]; d_told text[];
    retired bigint[]; made bigint[]; lacking int[]; absent int[]; n int := 0; i int; f int; one record;
    least_fit bigint; fit bigint; room bigint; stale boolean; refused boolean; amount numeric; ceiling bigint;
    spents bigint[]; helds bigint[]; fits bigint[]; amounts bigint[]; ids bigint[];
    grant_of $.holds; granted $.holds[] := '{}'; hot bigint[]; noticed text[] := '{}'; is_noticed boolean;
    seen bigint[] := '{}'; replies text[] := '{}'; ended json; windows json;
  BEGIN
    ${SYNCED}
    IF ends IS NOT NULL THEN
      SELECT array_agg(e.hold), array_agg(e.nano), array_agg(e.tokens), array_agg(e.known), array_agg(e.charge)
        INTO e_hold, e_nano, e_tokens, e_known, e_charge
        FROM json_to_recordset(ends) AS e(hold text, nano bigint, tokens bigint, known text, charge text);
    END IF;
    ${LOOK_UP}
    -- Locks are taken in one order by everybody: settings, lines, holds by id, counters by (rank, family, id).
    IF is_alone THEN ${ALONE} ELSE ${SHARED} END IF;
    IF ends IS NOT NULL THEN ${WRITES_LINES} END IF;
    ${LOCK_HOLDS}
    PERFORM 1 FROM $.counters c WHERE c.id = ANY (l_id || seen) ORDER BY c.rank, c.family, c.id FOR UPDATE;
    at := $.now_v1(given);
    ${END_HOLDS}
    ${IN_FORCE}
    ${COMPARE}
    ${DECIDE}
    ${WRITE}
    RETURN '{"common":' || json_build_array(at, ended, CASE WHEN cardinality(seen) > 0 THEN $.states_v1(seen, at) ELSE '[]' END,
      windows, noticed)::text || ',"reserves":[' || array_to_string(replies, ',') || ']}';
  END
  $f$;
`;
