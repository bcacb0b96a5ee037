/** Periods that any policy of the app has named: they are counted on every request, not only on its own. */
import { type Limit, type Policy, periodKey } from "../rules/index.ts";

export interface Watched {
  add(limits: Policy["limits"]): void;
  /** The limits of all scopes, to be counted without an amount. */
  all(): Policy["limits"];
}

export function watched(): Watched {
  const scopes = new Map<string, Map<string, Limit>>();
  let all: Policy["limits"] = {};
  return {
    add: (limits) => {
      for (const [scope, ofScope] of Object.entries(limits)) {
        // A route's own limit is counted where the route's policy is, and only there.
        if (scope.startsWith("route")) continue;
        const known = scopes.get(scope) ?? new Map<string, Limit>();
        for (const limit of ofScope) known.set(`${limit.unit} ${periodKey(limit.period)}`, limit);
        scopes.set(scope, known);
      }
      all = Object.fromEntries([...scopes].map(([scope, known]) => [scope, [...known.values()]]));
    },
    all: () => all,
  };
}
