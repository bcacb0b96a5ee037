/** The scopes that the ledger knows by itself; all others are the app's own. */

const BUILT_IN: ReadonlySet<string> = new Set(["user", "thread", "run", "app", "route"]);

/** Too many, or too short-lived, for operators to speak of and for thresholds to watch. */
const PASSING: ReadonlySet<string> = new Set(["run", "thread", "route"]);

export function isOwnScope(scope: string): boolean {
  return !BUILT_IN.has(scope);
}

export function isPassing(scope: string): boolean {
  return PASSING.has(scope);
}
