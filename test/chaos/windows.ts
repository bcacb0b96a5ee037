/** Every window that users, tenants and the app have, with its limit: as the core itself names them. */
import { createBudget } from "@assistants-budget/core";
import type { LimitsOption } from "@assistants-budget/core";
import type { Store, WindowAt } from "@assistants-budget/core/store";
import type { Person } from "./subjects.ts";

export interface KnownWindow {
  readonly at: WindowAt;
  /** Nano-dollars. */
  readonly limit: number;
}

/** The period as limits are written. */
export function periodOf({ period, rollingMs }: WindowAt): string {
  return rollingMs === undefined ? period : `${rollingMs / 60_000}m`;
}

/** Asks a budget for everybody's balances, and listens which windows it reads for them. */
export async function windowsOf(
  store: Store,
  people: readonly Person[],
  terms: { readonly limits: LimitsOption; readonly timeZone: string },
): Promise<readonly KnownWindow[]> {
  const found = new Map<string, KnownWindow>();
  let asked: readonly WindowAt[] = [];
  const listening: Store = {
    ...store,
    windows: (windows) => {
      asked = windows;
      return store.windows(windows);
    },
  };
  const budget = createBudget({ ...terms, store: listening, apiKey: "none" });
  for (const person of people) {
    const balances = await budget.for({ ...person }).balances();
    for (const [i, at] of asked.entries()) {
      const balance = balances[i];
      if (balance) found.set(at.family, { at, limit: Math.round(Number(balance.limit) * 1e9) });
    }
  }
  return [...found.values()];
}
