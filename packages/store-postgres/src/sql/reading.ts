/** What is read of the ledger. `$` stands for the schema. */
import { SHARED } from "./locks.ts";
import { PLANS } from "./server-settings.ts";

export const READING: string = `
  CREATE FUNCTION $.line_v1(l $.lines) RETURNS json LANGUAGE sql STABLE AS $f$
    SELECT json_build_array(l.id::text, l.kind, l.at, l.hold, l.user_id, l.charge, l.facts, l.ceiling, l.nano, l.act, l.said)
  $f$;

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
    -- A plan each: whose lines they are decides by which index they are read in their order.
    IF the_run IS NOT NULL THEN
      SELECT json_agg($.line_v1(l) ORDER BY l.id) INTO found FROM (
        SELECT * FROM $.lines WHERE run_id = the_run AND id > after AND id <= last
          AND (the_user IS NULL OR $.user_v1(user_id) = $.user_v1(the_user)) ORDER BY id LIMIT most
      ) l;
    ELSIF the_user IS NOT NULL THEN
      SELECT json_agg($.line_v1(l) ORDER BY l.id) INTO found FROM (
        SELECT l.* FROM unnest($.names_v1($.user_v1(the_user))) AS u(name), LATERAL (
          SELECT * FROM $.lines WHERE user_id = u.name AND id > after AND id <= last ORDER BY id LIMIT most
        ) l ORDER BY l.id LIMIT most
      ) l;
    ELSE
      SELECT json_agg($.line_v1(l) ORDER BY l.id) INTO found FROM (
        SELECT * FROM $.lines WHERE id > after AND id <= last ORDER BY id LIMIT most
      ) l;
    END IF;
    RETURN coalesce(found, '[]')::text;
  END
  $f$;

  CREATE FUNCTION $.holds_v1(given bigint, expired boolean, most bigint)
  RETURNS text LANGUAGE plpgsql STABLE ${PLANS} AS $f$
  DECLARE at bigint := $.now_v1(given); found json;
  BEGIN
    SELECT json_agg(json_build_array(h.id, h.owner, h.user_id, h.facts, h.ceiling, h.tokens, h.output_tokens,
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
  RETURNS text LANGUAGE plpgsql STABLE ${PLANS} AS $f$
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
    ${SHARED}
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

  CREATE FUNCTION $.attach_v1(the_hold text, response text) RETURNS text LANGUAGE plpgsql ${PLANS} AS $f$
  BEGIN
    UPDATE $.holds SET response_id = response WHERE id = the_hold AND state = 'open';
    RETURN FOUND::text;
  END
  $f$;

  -- The line that ended a hold.
  CREATE FUNCTION $.charge_line_v1(the_hold text) RETURNS text LANGUAGE sql STABLE AS $f$
    SELECT coalesce((SELECT $.line_v1(l) FROM $.lines l WHERE l.hold = the_hold AND l.kind = 'charge')::text, 'null')
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
