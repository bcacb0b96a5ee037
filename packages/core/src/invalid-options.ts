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

/** The first thing that a schema finds wrong, in one sentence. */
export function firstIssue(error: z.ZodError, found: unknown): BudgetError {
  const issue = innermost(error.issues[0]);
  const path = pathText(issue?.path ?? []);
  if (issue?.code === "unrecognized_keys") {
    const where = path === "" ? "options" : path;
    return invalidOptions(
      `${where}: found the unknown key ${issue.keys.map((key) => JSON.stringify(key)).join(", ")}. Check its spelling; docs/options.md lists all keys.`,
    );
  }
  const value = (issue?.path ?? []).reduce<unknown>(
    (at, key) => (typeof at === "object" && at !== null ? Reflect.get(at, key) : undefined),
    found,
  );
  return invalidOptions(
    `${path}: found ${shown(path, value)}; ${issue?.message.replace("Invalid input: ", "") ?? "invalid"}.`,
  );
}

export function invalidOptions(message: string, cause?: unknown): BudgetError {
  return new BudgetError("invalid_options", { message, cause });
}

type Issue = z.core.$ZodIssue;

/** Of a union, what the branch that came nearest had to say. */
function innermost(issue: Issue | undefined): Issue | undefined {
  if (issue?.code !== "invalid_union") return issue;
  const branch = issue.errors.toSorted((a, b) => depth(b) - depth(a))[0]?.[0];
  return branch ? innermost({ ...branch, path: [...issue.path, ...branch.path] }) : issue;
}

function depth(issues: readonly Issue[]): number {
  return Math.max(0, ...issues.map(({ path }) => path.length));
}

function pathText(path: readonly PropertyKey[]): string {
  return path
    .map((key, i) => (typeof key === "number" ? `[${key}]` : `${i > 0 ? "." : ""}${String(key)}`))
    .join("");
}

/** The value, unless it may be a secret. */
function shown(path: string, value: unknown): string {
  if (/key|client/i.test(path)) return `a ${typeof value}`;
  if (typeof value === "function") return "a function";
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 80 ? `${text.slice(0, 80)}…` : text;
}
