/** `c.var.assistants`, at next to no cost for the requests that never use it. */
import type { Assistants } from "@assistants-budget/core";
import type { HttpBudget } from "@assistants-budget/core/http";
import type { Context } from "hono";

const BY = Symbol("assistants-budget.by");

/** A context's assistants, opened where they are first asked for. */
export function handle(by: HttpBudget<Context>, c: Context): Assistants {
  let opened: Assistants | undefined;
  return new Proxy(UNOPENED, {
    get: (_target, key) => (key === BY ? by : Reflect.get((opened ??= by.assistants(c)), key)),
  });
}

/** Whose they are; nothing for what is no handle. */
export function ownerOf(found: unknown): unknown {
  return typeof found === "object" && found !== null ? Reflect.get(found, BY) : undefined;
}

// Nothing is ever read of it: the proxy answers for it.
// oxlint-disable-next-line typescript/no-unsafe-type-assertion
const UNOPENED = {} as Assistants;
