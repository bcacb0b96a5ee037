/** Threads and runs. `$` stands for the schema. */
import { PLANS } from "./server-settings.ts";

export const THREADS: string = `
  -- Users are compared by what their names stand for: a merge moves no thread and no run.
  CREATE FUNCTION $.items_v1(the_thread text, start bigint) RETURNS json LANGUAGE sql STABLE AS $f$
    SELECT coalesce(json_agg(json_build_array(seq, run, item) ORDER BY seq), '[]')
    FROM $.items WHERE thread = the_thread AND seq >= start
  $f$;

  CREATE FUNCTION $.open_thread_v1(given bigint, the_thread text, the_user text, the_run text, lease bigint)
  RETURNS text LANGUAGE plpgsql ${PLANS} AS $f$
  DECLARE t $.threads; at bigint;
  BEGIN
    SELECT * INTO t FROM $.threads WHERE id = the_thread AND $.user_v1(user_id) = $.user_v1(the_user) FOR UPDATE;
    IF NOT FOUND THEN RETURN '["missing"]'; END IF;
    at := $.now_v1(given);
    IF t.lease_until > at AND t.lease_run IS DISTINCT FROM the_run THEN
      RETURN json_build_array('busy', t.lease_until, at)::text;
    END IF;
    UPDATE $.threads SET fence = fence + 1, lease_run = the_run, lease_until = at + lease WHERE id = the_thread;
    RETURN json_build_array('open', t.fence + 1, t.created_at, t.next, t.first, t.mark,
      $.items_v1(the_thread, t.first), $.user_v1(t.user_id))::text;
  END
  $f$;

  CREATE FUNCTION $.renew_thread_v1(given bigint, the_thread text, the_fence bigint, lease bigint)
  RETURNS text LANGUAGE plpgsql ${PLANS} AS $f$
  BEGIN
    UPDATE $.threads SET lease_until = $.now_v1(given) + lease
    WHERE id = the_thread AND fence = the_fence AND lease_run IS NOT NULL;
    RETURN FOUND::text;
  END
  $f$;

  CREATE FUNCTION $.close_thread_v1(the_thread text, the_fence bigint) RETURNS text LANGUAGE plpgsql AS $f$
  BEGIN
    UPDATE $.threads SET lease_run = NULL, lease_until = 0 WHERE id = the_thread AND fence = the_fence;
    RETURN FOUND::text;
  END
  $f$;

  CREATE FUNCTION $.run_v1(the_run text, the_user text) RETURNS text LANGUAGE sql STABLE AS $f$
    SELECT coalesce((
      SELECT json_build_array($.user_v1(user_id), record)
      FROM $.runs WHERE id = the_run AND $.user_v1(user_id) = $.user_v1(the_user))::text, 'null')
  $f$;

  -- Nothing for somebody else's thread, which is not the same as none.
  CREATE FUNCTION $.runs_v1(the_thread text, the_user text, most bigint) RETURNS text LANGUAGE sql STABLE AS $f$
    SELECT coalesce((
      SELECT (
        SELECT coalesce(json_agg(json_build_array($.user_v1(the_user), r.record)), '[]') FROM (
          SELECT record FROM $.runs WHERE thread = the_thread AND $.user_v1(user_id) = $.user_v1(the_user)
          ORDER BY created_at DESC, seq DESC LIMIT most
        ) r
      ) FROM $.threads WHERE id = the_thread AND $.user_v1(user_id) = $.user_v1(the_user))::text, 'null')
  $f$;

  CREATE FUNCTION $.thread_items_v1(the_thread text, the_user text) RETURNS text LANGUAGE sql STABLE AS $f$
    SELECT coalesce((
      SELECT $.items_v1(the_thread, 0) FROM $.threads WHERE id = the_thread AND $.user_v1(user_id) = $.user_v1(the_user))::text, 'null')
  $f$;

  CREATE FUNCTION $.save_run_v1(given bigint, asked json) RETURNS text LANGUAGE plpgsql ${PLANS} AS $f$
  DECLARE
    r record; t $.threads; at bigint; of_fence bigint; upto bigint; begun boolean; done boolean;
  BEGIN
    SELECT * INTO r FROM json_to_record(asked) AS r(id text, thread text, "user" text, created bigint, record text,
      fence bigint, items json, "from" bigint, first bigint, mark text, close boolean, lease bigint);
    at := $.now_v1(given);
    r."user" := $.user_v1(r."user");
    upto := r."from" + json_array_length(r.items);
    IF r.fence IS NOT NULL OR upto > r."from" THEN
      IF r.fence IS NULL AND r."from" = 0 THEN
        INSERT INTO $.threads (id, user_id, created_at) VALUES (r.thread, r."user", at) ON CONFLICT (id) DO NOTHING;
      END IF;
      SELECT * INTO t FROM $.threads WHERE id = r.thread AND $.user_v1(user_id) = r."user" FOR UPDATE;
      IF NOT FOUND THEN RETURN '["stale"]'; END IF;
    END IF;
    -- After the thread, as a deletion does it.
    INSERT INTO $.runs (id, thread, user_id, created_at, record) VALUES (r.id, r.thread, r."user", r.created, r.record)
    ON CONFLICT (id) DO UPDATE SET record = excluded.record;
    IF t.id IS NULL THEN RETURN '["saved",0,0]'; END IF;

    of_fence := coalesce(r.fence, 1);
    begun := upto > r."from" AND EXISTS (
      SELECT FROM $.items WHERE thread = r.thread AND seq = r."from" AND run = r.id);
    done := begun AND EXISTS (SELECT FROM $.items WHERE thread = r.thread AND seq = upto - 1 AND run = r.id);
    IF done AND NOT (t.fence = of_fence AND t.lease_run IS NOT DISTINCT FROM r.id) THEN
      RETURN json_build_array('saved', of_fence, upto)::text;
    END IF;
    IF t.fence <> of_fence OR NOT (begun OR t.next = r."from" AND (r."from" = 0 OR r.fence IS NOT NULL)) THEN
      RETURN '["stale"]';
    END IF;
    INSERT INTO $.items (thread, seq, run, item)
    SELECT r.thread, r."from" + i.n - 1, r.id, i.item
    FROM json_array_elements_text(r.items) WITH ORDINALITY AS i(item, n) WHERE r."from" + i.n > t.next;
    UPDATE $.threads SET first = r.first, next = greatest(t.next, upto), mark = r.mark,
      lease_run = CASE WHEN NOT r.close THEN r.id END,
      lease_until = CASE WHEN r.close THEN 0 ELSE at + r.lease END
    WHERE id = r.thread;
    RETURN json_build_array('saved', of_fence, upto)::text;
  END
  $f$;

  CREATE FUNCTION $.delete_thread_v1(the_thread text, the_user text) RETURNS text LANGUAGE plpgsql ${PLANS} AS $f$
  BEGIN
    DELETE FROM $.threads WHERE id = the_thread AND $.user_v1(user_id) = $.user_v1(the_user);
    IF NOT FOUND THEN RETURN 'false'; END IF;
    DELETE FROM $.items WHERE thread = the_thread;
    DELETE FROM $.runs WHERE thread = the_thread;
    RETURN 'true';
  END
  $f$;
`;
