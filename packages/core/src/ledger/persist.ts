import pRetry from "p-retry";
import { BudgetError, isBudgetError } from "../errors.ts";

/** A store's hiccup is tried again; a store that stays away is one clear error. */
export async function persist<T>(ask: () => Promise<T>): Promise<T> {
  try {
    return await pRetry(ask, {
      retries: 3,
      minTimeout: 20,
      maxTimeout: 200,
      shouldRetry: ({ error }) => !isBudgetError(error),
    });
  } catch (error) {
    if (isBudgetError(error)) throw error;
    throw new BudgetError("store_unavailable", {
      message: `The budget store failed: ${error instanceof Error ? error.message : String(error)}. Without it nothing is spent.`,
      cause: error,
    });
  }
}
