/** A request's fields against the list of those whose effect on the price is known. */
import type { BudgetError } from "../errors.ts";
import { notMetered } from "./refusals.ts";

export type Fields = Readonly<Record<string, unknown>>;

/** Looks at one field; null and undefined are never looked at. @throws BudgetError `call_not_metered` */
export type Check = (value: unknown, path: string) => void;

/** No effect on the price beyond the bytes that it is made of. */
export const counted: Check = () => undefined;

/** @throws BudgetError `call_not_metered` for a field that is not on the list. */
export function checkFields(
  value: unknown,
  allowed: Readonly<Record<string, Check>>,
  path: string,
): void {
  if (!isFields(value)) throw refusedField(path, "it is no object");
  for (const [name, one] of Object.entries(value)) {
    if (one === null || one === undefined) continue;
    const at = path === "" ? name : `${path}.${name}`;
    const check = Object.hasOwn(allowed, name) ? allowed[name] : undefined;
    if (!check) throw refusedField(at, "what it does to the price is not known here");
    check(one, at);
  }
}

export function oneOf(...values: readonly unknown[]): Check {
  return (value, path) => {
    if (values.includes(value)) return;
    const known = values.map((one) => JSON.stringify(one)).join(", ");
    throw refusedField(path, `only ${known} has a price that is known here`);
  };
}

/** An object whose own fields are on a list as well. */
export function object(allowed: Readonly<Record<string, Check>>): Check {
  return (value, path) => checkFields(value, allowed, path);
}

/** A cap on tokens; one that is none would cap nothing. */
export const cap: Check = (value, path) => {
  if (typeof value === "number" && Number.isSafeInteger(value) && value > 0) return;
  throw refusedField(path, "it must be a whole number of tokens");
};

export function each(check: Check): Check {
  return (value, path) => {
    if (!Array.isArray(value)) throw refusedField(path, "it is no list");
    for (const [index, one] of value.entries()) check(one, `${path}[${index}]`);
  };
}

/** Never the value: it may be the user's. */
export function refusedField(path: string, why: string): BudgetError {
  return notMetered(`The field \`${path}\` is not let through`, {
    why,
    wayOut:
      "Leave it out, or make this call with an OpenAI client of your own, outside the budget.",
  });
}

export function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

export function numberIn(value: unknown): number | undefined {
  return typeof value === "number" ? value : undefined;
}

export function listIn(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

/** What a text says in JSON; undefined where it is none. */
export function jsonIn(value: unknown): unknown {
  try {
    return typeof value === "string" ? JSON.parse(value) : undefined;
  } catch {
    return undefined;
  }
}
