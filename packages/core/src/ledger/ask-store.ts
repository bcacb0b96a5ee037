import pRetry from "p-retry";
import { BudgetError, isBudgetError } from "../errors.ts";

/** A store's hiccup is tried again; a store that stays away is one clear error. */
export async function askStore<T>(ask: () => Promise<T>): Promise<T> {
  try {
    // The way without a hiccup is every call's way, and has nothing of the retries' cost.
    return await ask().catch((error: unknown) => retry(ask, error));
  } catch (error) {
    if (isBudgetError(error)) throw error;
    throw new BudgetError("store_unavailable", {
      message: `The budget store failed: ${error instanceof Error ? error.message : String(error)}.`,
      cause: error,
    });
  }
}

function retry<T>(ask: () => Promise<T>, first: unknown): Promise<T> {
  if (isBudgetError(first)) throw first;
  return pRetry(ask, {
    retries: 2,
    minTimeout: 20,
    maxTimeout: 200,
    shouldRetry: ({ error }) => !isBudgetError(error),
  });
}
