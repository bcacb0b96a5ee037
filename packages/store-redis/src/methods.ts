/** All that a store does under one tag. */
import type { Store } from "@assistants-budget/core/store";
import { ledger } from "./ledger.ts";
import { type Scripts, type ScriptsHost, scripts } from "./script.ts";
import { threads } from "./threads.ts";

export type Methods = Omit<Store, "name" | "open" | "close">;

export function methodsAt(host: ScriptsHost): { readonly run: Scripts; readonly methods: Methods } {
  const run = scripts(host);
  return { run, methods: { ...ledger(run, host.options), ...threads(run, host.keys) } };
}
