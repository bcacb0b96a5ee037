/** Who spends: one user, and what else limits may count by. */
import { BudgetError } from "./errors.ts";
import { invalidOptions } from "./invalid-options.ts";
import type { LimitLayers, Subjects } from "./ledger/index.ts";

/** The person behind a request, or whoever a job works for. */
export interface Subject {
  /** The user's lasting id: never an e-mail address, never anything that the client sent. */
  readonly user: string;
  /** Subjects of the app's own scopes: `{ tenant: 'acme' }`; null says that there is none on purpose. */
  readonly [scope: string]: string | null | undefined;
}

/**
 * A limit that counts by something which nobody has named would silently not exist.
 *
 * @throws BudgetError `invalid_options`
 */
export function requireSubjects(subject: Subject, { app, inner }: LimitLayers): void {
  const stated = [app, ...inner.map((layer) => layer.limits)];
  for (const [scope, ofScope] of stated.flatMap((limits) => Object.entries(limits))) {
    if (scope.startsWith("route:")) continue;
    const named = Object.hasOwn(subject, scope) ? subject[scope] : undefined;
    const isNamed = scope === "user" || BUILT_IN.has(scope) || named || named === null;
    if (isNamed || ofScope.length === 0) continue;
    throw invalidOptions(
      `limits.${scope}: this request has no ${scope} to count by. Let \`identify\` return { id, ${scope} } (null where there is none), or correct the scope's name.`,
    );
  }
}

/** How a scope may be named. */
export const SCOPE: RegExp = /^[a-z][a-z0-9_]{0,31}$/;

const LONGEST_ID = 256;
/** Scopes whose subjects are ours to name. */
export const BUILT_IN: ReadonlySet<string> = new Set(["run", "thread", "app", "route"]);

/** @throws BudgetError `identity_required` for an id that can't be one. */
export function subjectsOf(subject: Subject): Subjects {
  const named = Object.entries(subject).flatMap(([scope, id]) =>
    id === undefined || id === null || BUILT_IN.has(scope)
      ? []
      : [[scope, checkId(id, scope)] as const],
  );
  return { ...Object.fromEntries(named), user: checkId(subject.user, "user"), app: "app" };
}

/** An id as it is counted by: whatever its type was, one user is one text. */
export function checkId(id: unknown, path: string): string {
  const found = describe(id);
  if (found === undefined && typeof id === "string") return id;
  throw new BudgetError("identity_required", {
    message: `${path}: found ${found ?? "no text"}; expected an id of 1 to ${LONGEST_ID} characters without control characters. Give \`identify\` a function that returns one.`,
    detail: "Sign in to use this.",
  });
}

/** What is wrong with an id, if anything. Never the id itself, which may be anything. */
function describe(id: unknown): string | undefined {
  if (typeof id !== "string") return id === null ? "null" : `a value of type ${typeof id}`;
  if (id.trim() === "") return "an empty text";
  if (id.length > LONGEST_ID) return `a text of ${id.length} characters`;
  // oxlint-disable-next-line no-control-regex -- they are what is looked for
  if (/[\u0000-\u001f\u007f]/.test(id)) return "a text with control characters";
  if (!id.isWellFormed()) return "a text that is no valid Unicode";
  if (/^(undefined|null|NaN|\[object .*\])$/.test(id)) return `the text ${JSON.stringify(id)}`;
  return undefined;
}
