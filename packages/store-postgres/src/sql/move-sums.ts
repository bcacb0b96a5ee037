/** The part of `commit_v1` that moves what the windows sum up. `$` stands for the schema. */

/** What ends is spent in the window's own unit. */
const SPENT =
  "coalesce(CASE c.unit WHEN 'usd' THEN p.nano WHEN 'tokens' THEN p.tokens ELSE p.amount END, 0)";

/**
 * Each counter once, whatever is done in it: what ends leaves it, and what is asked for goes in, to be
 * looked at afterwards. In one order, so that nobody waits for anybody in a circle. Whose row is
 * locked meanwhile waits here and adds to what the other one left: sums are those of the row as locked.
 */
export const MOVE_SUMS: string = `
    IF n > 0 OR p_id IS NOT NULL THEN
    WITH part AS (
      SELECT x.id, min(x.n) AS n, sum(x.held)::bigint AS held, min(x.most) AS most, bool_or(x.ends) AS ends,
        sum(x.nano)::bigint AS nano, sum(x.tokens)::bigint AS tokens, sum(x.amount)::bigint AS amount,
        min(x.cap) AS cap, min(x.threshold) AS threshold
      FROM (
        SELECT l.id, l.n, CASE WHEN is_plain THEN w_total[l.n] ELSE 0 END AS held, w_most[l.n] AS most, false AS ends,
          NULL::bigint AS nano, NULL::bigint AS tokens, NULL::bigint AS amount, NULL::bigint AS cap, NULL::bigint AS threshold
        FROM unnest(l_id, l_n) AS l(id, n)
        UNION ALL
        SELECT p.id, NULL, -p.held, NULL, true, p.nano, p.tokens, p.amount, p.cap, p.threshold
        FROM unnest(p_id, p_held, p_nano, p_tokens, p_amount, p_cap, p_threshold) AS p(id, held, nano, tokens, amount, cap, threshold)
      ) x GROUP BY x.id
      -- In this order they are locked.
      ORDER BY x.id
    ), moved AS (
      UPDATE $.counters c SET held = c.held + p.held, spent = c.spent + CASE WHEN c.rolling IS NOT NULL THEN 0 ELSE ${SPENT} END
      FROM part p WHERE c.id = p.id
      RETURNING p.n, p.ends AS has_ends, ${SPENT} AS part, c.id, c.zone, c.starts, c.ends, c.rolling, c.spent, c.held, c.credit,
        w_cap[p.n] IS NOT NULL AND w_cap[p.n] IS DISTINCT FROM c.cap AS has_new_cap,
        c.latest AND c.family = w_family[p.n] AS is_latest,
        c.rolling IS NOT NULL OR c.spent + c.held <= least(p.most + c.credit, 9007199254740991) AS fits,
        -- Nearly never: the first threshold of the least cap, or next to it.
        p.cap + p.threshold IS NOT NULL AND (c.rolling IS NOT NULL
          OR c.spent::float8 * 1000 + 10000 >= (p.cap + c.credit)::float8 * p.threshold) AS is_hot,
        CASE WHEN p.ends AND c.rolling IS NULL
          THEN concat('[', c.id, ',', c.told, ',', c.spent, ',', c.held, ',', c.credit, ',null]') END AS state
    )
    SELECT w.*, e.* INTO c_id, c_zone, c_start, c_end, c_rolling, c_spent, c_held, c_credit,
      is_in_place, last_start, first_end, has_rolling, has_new_cap, r_id, r_period, r_spent, hot, states
    FROM (
      SELECT array_agg(m.id), array_agg(m.zone), array_agg(m.starts), array_agg(m.ends), array_agg(m.rolling), array_agg(m.spent),
        array_agg(m.held), array_agg(m.credit), bool_and(m.is_latest AND m.fits), max(m.starts), min(m.ends), bool_or(m.rolling IS NOT NULL), bool_or(m.has_new_cap)
      FROM (SELECT x.* FROM moved x WHERE x.n IS NOT NULL ORDER BY x.n) m
    ) w, (
      SELECT array_agg(m.id) FILTER (WHERE m.rolling IS NOT NULL), array_agg(m.rolling) FILTER (WHERE m.rolling IS NOT NULL),
        array_agg(m.part) FILTER (WHERE m.rolling IS NOT NULL), array_agg(m.id) FILTER (WHERE m.is_hot),
        concat('[', string_agg(m.state, ','), ']')
      FROM moved m WHERE m.has_ends
    ) e;
    END IF;
    -- Everything that this waits for has been waited for.
    at := $.now_v1(given);
    IF r_id IS NOT NULL THEN
      WITH change AS (
        SELECT r.*, (r.rolling + 61) / 62 AS width FROM unnest(r_id, r_period, r_spent) AS r(id, rolling, spent)
      ), gone AS (
        -- Of what has left, the oldest beyond two periods' buckets: a clock that leaps and comes back loses nothing.
        DELETE FROM $.buckets b USING change c, LATERAL (
          SELECT x.bucket FROM $.buckets x WHERE x.counter = c.id ORDER BY x.bucket DESC OFFSET 127 LIMIT 1
        ) o WHERE b.counter = c.id AND b.bucket <= o.bucket AND b.youngest <= at - c.rolling
      )
      INSERT INTO $.buckets AS b (counter, bucket, spent, youngest, gone)
      SELECT id, at / width, spent, at, (at / width + 1) * width + rolling FROM change WHERE spent <> 0
      ON CONFLICT (counter, bucket) DO UPDATE
      SET spent = b.spent + excluded.spent, youngest = greatest(b.youngest, excluded.youngest);
    END IF;`;
