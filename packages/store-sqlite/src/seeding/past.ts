/** What the ledger's lines tell of a subject: asked when a period is first met, never on the hot path. */
import type { DatabaseSync } from "node:sqlite";
import type { Unit } from "@assistants-budget/core/store";
import { type Row, int, optionalInt } from "../file/rows.ts";
import { type Origins, linesOf } from "./origins.ts";

/** Whose charges, and when they were made. */
export interface ChargesOf {
  readonly scope: string;
  /** Of a user: with those that were merged into it. */
  readonly names: readonly string[];
  readonly since: number;
  readonly until: number;
}

export interface Past {
  /** What charges come to, by stretches of time: `at` is when the last one was made. */
  sums(
    whose: ChargesOf,
    unit: Unit,
    width: number,
  ): readonly { readonly spent: number; readonly at: number }[];
  /** Whether a run has been charged. */
  hasRun(whose: ChargesOf, run: string): boolean;
}

/** The app's own scopes are looked for in the lines themselves. */
export const BUILT_IN: ReadonlySet<string> = new Set(["user", "thread", "run", "app", "route"]);

const NAMES = "(SELECT value FROM json_each($names))";

/** As `isOf` has it. */
function condition(scope: string): string {
  switch (scope) {
    case "user":
    case "thread":
      return `l.id IN (${linesOf(`${scope} IN ${NAMES}`, "0")} SELECT id FROM mine)`;
    case "run":
      return `l.run IN ${NAMES}`;
    case "app":
      return "$names IS NOT NULL";
    case "route":
      return "$names IS NULL";
    default:
      return `EXISTS (SELECT 1 FROM json_each(l.facts, '$.subjects') WHERE key = $scope AND value IN ${NAMES})`;
  }
}

const IN_TIME = "at >= $since AND at < $until";

/** The moments at which something was spent; what is said of a charge later is dated as it was. */
function spending(scope: string, unit: Unit): string {
  const of = condition(scope);
  // The first line of a run counts. Without the plus sign its index is used, and each line is looked up.
  if (unit === "runs")
    return `SELECT min(l.id), l.at AS at, 1 AS spent FROM lines l
      WHERE l.kind = 'charge' AND ${IN_TIME} AND ${of} GROUP BY +l.run`;
  const dated = "(SELECT f.at FROM lines f WHERE f.hold = l.hold AND f.kind = 'charge')";
  const value = unit === "usd" ? "nano" : "tokens";
  const steps = `SELECT iif(l.kind = 'charge', l.at, ${dated}) AS at, l.${value} AS spent
    FROM lines l WHERE l.kind IN ('charge', 'correction') AND ${of}`;
  if (unit === "tokens") return steps;
  return `${steps} UNION ALL SELECT l.at, a.nano FROM acts a CROSS JOIN lines l
    ON l.hold = a.hold AND l.kind = 'charge' WHERE a.hold IS NOT NULL AND ${of}`;
}

export function past(db: DatabaseSync, origins: Pick<Origins, "flush">): Past {
  /** Prepared when asked for: it is asked for seldom. */
  function ask(
    sql: string,
    { scope, ...whose }: ChargesOf,
    more: Record<string, string> = {},
  ): Row[] {
    // The lines of this transaction hang on no chain in the file yet.
    origins.flush();
    const values = { ...whose, names: JSON.stringify(whose.names), ...more };
    return db.prepare(sql).all(BUILT_IN.has(scope) ? values : { ...values, scope });
  }

  return {
    sums: (whose, unit, width) =>
      // What cost nothing is no younger charge.
      ask(
        `SELECT sum(spent) AS spent, max(iif(spent > 0, at, NULL)) AS at
         FROM (${spending(whose.scope, unit)}) WHERE ${IN_TIME} GROUP BY at / ${width}`,
        whose,
      ).flatMap((row) => {
        const at = optionalInt(row, "at");
        return at === undefined ? [] : { spent: int(row, "spent"), at };
      }),
    hasRun: (whose, run) =>
      ask(
        `SELECT 1 FROM lines l WHERE l.run = $run AND l.kind = 'charge' AND ${IN_TIME}
         AND ${condition(whose.scope)} LIMIT 1`,
        whose,
        { run },
      ).length > 0,
  };
}
