/** What an operator gives: read, or refused with what was found and what is allowed. */
import { v7 as uuid } from "uuid";
import { checked, invalidOptions } from "./invalid-options.ts";
import { type Settings, isPassing } from "./ledger/index.ts";
import type { ScopeLimits } from "./options.ts";
import { parseLimit } from "./rules/index.ts";
import { SCOPE, checkId } from "./subject.ts";

/** One subject: `{ user: 'alice' }`, `{ tenant: 'acme' }`, `{ app: 'app' }`. */
export type SubjectRef = Readonly<Record<string, string>>;

/** Who does it and why: it stands in the ledger for ever, so no secrets, and no names of users. */
export interface Reason {
  /** 1 to 500 characters. */
  readonly by: string;
  /** 1 to 500 characters. */
  readonly why: string;
  /** Done once by the same id, however often it is asked for. Default: a new one. */
  readonly id?: string;
}

const LONGEST_TEXT = 500;
const MOST_LISTED = 100_000;

/** @throws BudgetError `invalid_options` */
export function keyOf(subject: SubjectRef): { readonly scope: string; readonly subject: string } {
  const entries = Object.entries(subject ?? {});
  const [entry] = entries;
  if (!entry || entries.length !== 1)
    throw invalidOptions(
      `subject: found ${entries.length} scopes; name one, such as { user: 'alice' }.`,
    );
  const [scope, id] = entry;
  if (isPassing(scope) || !SCOPE.test(scope))
    throw invalidOptions(
      `subject: found the scope ${JSON.stringify(scope.slice(0, 64))}; allowed are user, app, and the app's own scopes (lower-case letters, digits and _).`,
    );
  if (scope === "app" && id !== "app")
    throw invalidOptions(
      `subject.app: found another text than "app"; there is one app: { app: 'app' }.`,
    );
  return { scope, subject: checkedId(id, `subject.${scope}`) };
}

/** An id as it is counted by. @throws BudgetError `invalid_options` */
export function checkedId(id: string, path: string): string {
  try {
    return checkId(id, path);
  } catch (error) {
    throw invalidOptions(error instanceof Error ? error.message : path, error);
  }
}

export function limitsOf(limits: ScopeLimits | null): Settings["limits"] | null {
  if (limits === null || limits === "unlimited") return limits;
  const texts = [limits].flat();
  if (texts.length === 0)
    throw invalidOptions(
      "limits: found none; give one, 'unlimited' to lift them, or null for the app's.",
    );
  return checked(() => texts.map((text, i) => parseLimit(text, `limits[${i}]`).text));
}

/** @throws BudgetError `invalid_options` */
export function signed(reason: Reason): { by: string; why: string; id: string } {
  if (typeof reason !== "object" || reason === null)
    throw invalidOptions(`reason: found ${typeof reason}; expected { by, why }.`);
  const { by, why, id } = reason;
  return {
    by: textOf(by, "by"),
    why: textOf(why, "why"),
    id: id === undefined ? `act_${uuid()}` : textOf(id, "id"),
  };
}

export function textOf(value: unknown, path: string): string {
  if (typeof value === "string" && value.trim() !== "" && value.length <= LONGEST_TEXT)
    return value;
  const found =
    typeof value === "string" ? `a text of ${value.length} characters` : `a ${typeof value}`;
  throw invalidOptions(
    `${path}: found ${found}; expected a text of 1 to ${LONGEST_TEXT} characters.`,
  );
}

export function countOf(limit: number): number {
  if (Number.isSafeInteger(limit) && limit >= 1 && limit <= MOST_LISTED) return limit;
  throw invalidOptions(`limit: found ${limit}; expected a whole number from 1 to ${MOST_LISTED}.`);
}
