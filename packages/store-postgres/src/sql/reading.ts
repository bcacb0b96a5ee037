/** What is read of the ledger. `$` stands for the schema. */
import { PLANS } from "./common.ts";

export const READING: string = `
  -- Lines get their ids before they are committed. To page through them without ever passing over
  -- one that is still under way, whoever reads waits for those that are, and reads no further.
  CREATE FUNCTION $.lines_v1(after bigint, the_user text, the_run text, most bigint)
  RETURNS text LANGUAGE plpgsql ${PLANS} AS $f$
  DECLARE last bigint; found json;
  BEGIN
    BEGIN
      PERFORM pg_advisory_xact_lock(hashtextextended('$.lines', 0));
      SELECT max(id) INTO last FROM $.lines;
      -- Undone at once, which gives the lock back: writers don't wait for a slow reader.
      RAISE EXCEPTION USING ERRCODE = 'AB000';
    EXCEPTION WHEN SQLSTATE 'AB000' THEN NULL;
    END;
    SELECT json_agg(json_build_array(l.id::text, l.hold, l.kind, l.at, l.charge, l.facts, l.ceiling, l.nano) ORDER BY l.id)
    INTO found FROM (
      SELECT * FROM $.lines WHERE id > after AND id <= last
        AND (the_user IS NULL OR user_id = the_user) AND (the_run IS NULL OR run_id = the_run)
      ORDER BY id LIMIT most
    ) l;
    RETURN coalesce(found, '[]')::text;
  END
  $f$;

  CREATE FUNCTION $.holds_v1(given bigint, expired boolean, most bigint)
  RETURNS text LANGUAGE plpgsql ${PLANS} AS $f$
  DECLARE at bigint := $.now_v1(given); found json;
  BEGIN
    SELECT json_agg(json_build_array(h.id, h.owner, h.facts, h.ceiling, h.tokens, h.output_tokens,
      h.created_at, h.expires_at, h.response_id) ORDER BY h.created_at, h.id) INTO found
    FROM (
      SELECT * FROM $.holds WHERE state = 'open' AND (NOT expired OR expires_at <= at)
      ORDER BY created_at, id LIMIT most
    ) h;
    RETURN coalesce(found, '[]')::text;
  END
  $f$;

  -- Of these families the windows in force, and for each when its last window ended or will end, and
  -- when its next one begins.
  CREATE FUNCTION $.windows_v1(given bigint, families json)
  RETURNS text LANGUAGE plpgsql ${PLANS} AS $f$
  DECLARE at bigint := $.now_v1(given); ids bigint[]; around json;
  BEGIN
    SELECT array_agg(b.id) FILTER (WHERE at < b.ends), coalesce(json_agg(json_build_array(f, b.ends, a.starts)), '[]')
    INTO ids, around FROM json_array_elements_text(families) AS f
      LEFT JOIN LATERAL (
        SELECT c.id, c.ends FROM $.counters c WHERE c.family = f AND c.starts <= at ORDER BY c.starts DESC LIMIT 1
      ) b ON true LEFT JOIN LATERAL (
        SELECT c.starts FROM $.counters c WHERE c.family = f AND c.starts > at ORDER BY c.starts LIMIT 1
      ) a ON true;
    RETURN json_build_array(at, $.states_v1(ids, at), around)::text;
  END
  $f$;

  CREATE FUNCTION $.renew_v1(given bigint, ids json, ttl bigint)
  RETURNS text LANGUAGE plpgsql ${PLANS} AS $f$
  DECLARE renewed json; until bigint := $.now_v1(given) + ttl;
  BEGIN
    WITH open AS (
      SELECT h.id FROM $.holds h WHERE h.id = ANY (ARRAY(SELECT json_array_elements_text(ids)))
        AND h.state = 'open' ORDER BY h.id FOR UPDATE
    ), changed AS (
      UPDATE $.holds h SET expires_at = until FROM open WHERE h.id = open.id RETURNING h.id
    )
    SELECT json_agg(id) INTO renewed FROM changed;
    RETURN coalesce(renewed, '[]')::text;
  END
  $f$;

  CREATE FUNCTION $.attach_v1(the_hold text, response text) RETURNS text LANGUAGE plpgsql AS $f$
  BEGIN
    UPDATE $.holds SET response_id = response WHERE id = the_hold;
    RETURN FOUND::text;
  END
  $f$;

  -- The line that ended a hold.
  CREATE FUNCTION $.charge_line_v1(the_hold text) RETURNS text LANGUAGE sql STABLE AS $f$
    SELECT coalesce((
      SELECT json_build_array(id::text, hold, kind, at, charge, facts, ceiling, nano)
      FROM $.lines WHERE hold = the_hold AND kind = 'charge')::text, 'null')
  $f$;

  CREATE FUNCTION $.lease_v1(given bigint, the_name text, the_owner text, ttl bigint)
  RETURNS text LANGUAGE plpgsql AS $f$
  DECLARE at bigint := $.now_v1(given);
  BEGIN
    INSERT INTO $.leases AS l (name, owner, until) VALUES (the_name, the_owner, at + ttl)
    ON CONFLICT (name) DO UPDATE SET owner = the_owner, until = at + ttl
    WHERE l.owner = the_owner OR l.until <= at;
    RETURN FOUND::text;
  END
  $f$;
`;
