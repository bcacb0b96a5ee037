import type { z } from "zod";
import { BudgetError } from "./errors.ts";
import { InvalidValue } from "./rules/index.ts";

/** Runs a check and turns what it throws into the one error for wrong options: path, value, allowed. */
export function checked<T>(check: () => T): T {
  try {
    return check();
  } catch (error) {
    if (error instanceof InvalidValue) throw invalidOptions(error.message, error);
    throw error;
  }
}

/**
 * The first thing that a schema finds wrong, in one sentence.
 *
 * @param show Whether the value may be shown; else only its kind is named.
 */
export function firstIssue(error: z.ZodError, found: unknown, show = true): BudgetError {
  const issue = innermost(error.issues[0]);
  const path = pathText(issue?.path ?? []);
  if (issue?.code === "unrecognized_keys") {
    return invalidOptions(
      `${path}: found the unknown key ${issue.keys.slice(0, 5).map(keyText).join(", ")}. Check its spelling; docs/options.md lists all keys.`,
    );
  }
  if (issue?.code === "invalid_key") {
    const key = keyText(issue.path.at(-1));
    return invalidOptions(
      `${pathText(issue.path.slice(0, -1))}: found the key ${key}; ${issue.issues[0]?.message ?? "invalid"}.`,
    );
  }
  const value = (issue?.path ?? []).reduce<unknown>(
    (at, key) => (typeof at === "object" && at !== null ? Reflect.get(at, key) : undefined),
    found,
  );
  return invalidOptions(
    `${path}: found ${show ? shown(path, value) : kindOf(value)}; ${issue?.message.replace("Invalid input: ", "") ?? "invalid"}.`,
  );
}

export function invalidOptions(message: string, cause?: unknown): BudgetError {
  return new BudgetError("invalid_options", { message, cause });
}

type Issue = z.core.$ZodIssue;

/** Of a union, what the branch that came nearest had to say. */
function innermost(issue: Issue | undefined): Issue | undefined {
  if (issue?.code !== "invalid_union") return issue;
  const branch = issue.errors.toSorted((a, b) => nearness(b) - nearness(a))[0]?.[0];
  return branch ? innermost({ ...branch, path: [...issue.path, ...branch.path] }) : issue;
}

/** Deeper is nearer; at the same depth, so is a value of the right type. */
function nearness(issues: readonly Issue[]): number {
  const each = issues.map(({ path, code }) => path.length + (code === "invalid_type" ? 0 : 0.5));
  return Math.max(0, ...each);
}

function pathText(path: readonly PropertyKey[]): string {
  if (path.length === 0) return "options";
  return path
    .map((key, i) => (typeof key === "number" ? `[${key}]` : `${i > 0 ? "." : ""}${cut(key)}`))
    .join("");
}

/** A key that may be anything, even a book. */
function keyText(key: PropertyKey | undefined): string {
  return JSON.stringify(cut(key));
}

function cut(key: PropertyKey | undefined): string {
  return String(key).slice(0, 64);
}

/** Options whose value, whatever it is, may be a secret or have one in it. */
const SECRET = /^(options|apiKey|client|store|log)\b/;

/** The value, unless it may be a secret. */
function shown(path: string, value: unknown): string {
  const text = SECRET.test(path) ? undefined : textOf(value);
  if (text === undefined) return kindOf(value);
  const safe = text.replaceAll(/\/\/[^/@"]*@/g, "//…@");
  return safe.length > 80 ? `${safe.slice(0, 80)}…` : safe;
}

/** Nothing for what has no text: a function, a circle. */
function textOf(value: unknown): string | undefined {
  if (typeof value === "number" || value === undefined) return String(value);
  try {
    return typeof value === "bigint" ? `${value}n` : JSON.stringify(value);
  } catch {
    return undefined;
  }
}

function kindOf(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  return typeof value === "object" ? "an object" : `a ${typeof value}`;
}
