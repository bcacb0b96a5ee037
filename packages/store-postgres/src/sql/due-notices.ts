/** The part of `commit_v1` that writes the notices that charges are due. `$` stands for the schema. */
import { FROM } from "./notices.ts";

/**
 * As if they had come one after the other: what was spent by each. What was noticed of a window is what
 * it was before all of them: where they differ in their caps, one may be due only after another one.
 */
export const DUE_NOTICES: string = `
    IF hot IS NOT NULL THEN
      FOR one IN
        SELECT p.* FROM (
          SELECT o.n, p.place, p.id, p.cap, h.thresholds, min(p.cap) OVER w < max(p.cap) OVER w AS differs, coalesce(b.spent, c.spent) - coalesce(sum(CASE c.unit
              WHEN 'usd' THEN o.nano WHEN 'tokens' THEN o.tokens ELSE p.amount END) OVER (
              PARTITION BY p.id ORDER BY o.n ROWS BETWEEN 1 FOLLOWING AND UNBOUNDED FOLLOWING), 0)::bigint AS spent
          FROM unnest(o_hold, o_nano, o_tokens) WITH ORDINALITY AS o(hold, nano, tokens, n) JOIN $.holds h ON h.id = o.hold,
            unnest(h.counters, h.amounts, h.caps) WITH ORDINALITY AS p(id, amount, cap, place) JOIN $.counters c ON c.id = p.id
              LEFT JOIN LATERAL $.recent_v1(c.id, c.rolling, at) b ON c.rolling IS NOT NULL
          WHERE p.id = ANY (hot) AND o.nano IS NOT NULL
          WINDOW w AS (PARTITION BY p.id)
        ) p JOIN $.counters c ON c.id = p.id
        WHERE p.cap IS NOT NULL AND EXISTS (
          SELECT FROM unnest(p.thresholds) AS t WHERE (p.differs OR t > ${FROM})
            AND p.spent * 1000.0 >= (p.cap + c.credit)::numeric * t)
        ORDER BY p.n, p.place
      LOOP
        IF $.notice_v1(one.id, one.cap, one.thresholds, false, one.spent, at) THEN noticed := noticed || o_hold[one.n]; END IF;
      END LOOP;
    END IF;`;
