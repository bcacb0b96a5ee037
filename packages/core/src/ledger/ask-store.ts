import pRetry from "p-retry";
import { BudgetError, isBudgetError } from "../errors.ts";

/**
 * Longer than any store waits by itself. A client that queues commands while its server is away would
 * let requests hang for as long as that takes.
 */
const PATIENCE_MS = 20_000;

/** A store's hiccup is tried again; a store that stays away is one clear error. */
export async function askStore<T>(
  ask: () => Promise<T>,
  patienceMs: number = PATIENCE_MS,
): Promise<T> {
  const inTime = () => answered(ask(), patienceMs);
  try {
    // The way without a hiccup is every call's way, and has nothing of the retries' cost.
    return await inTime();
  } catch (error) {
    return retry(inTime, error);
  }
}

async function retry<T>(ask: () => Promise<T>, first: unknown): Promise<T> {
  if (isBudgetError(first)) throw first;
  try {
    return await pRetry(ask, {
      retries: 2,
      minTimeout: 20,
      maxTimeout: 200,
      shouldRetry: ({ error }) => !isBudgetError(error),
    });
  } catch (error) {
    if (isBudgetError(error)) throw error;
    throw new BudgetError("store_unavailable", {
      message: `The budget store failed: ${error instanceof Error ? error.message : String(error)}.`,
      cause: error,
    });
  }
}

function answered<T>(answer: Promise<T>, patienceMs: number): Promise<T> {
  if (patienceMs === Infinity) return answer;
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(tooLate(patienceMs)), patienceMs);
    answer.then(
      (value) => {
        clearTimeout(timer);
        return resolve(value);
      },
      (error: unknown) => {
        clearTimeout(timer);
        reject(error);
      },
    );
  });
}

function tooLate(ms: number): BudgetError {
  return new BudgetError("store_unavailable", {
    message: `The budget store did not answer within ${ms / 1000} s. Its client may be queueing commands for a server that is away: let it fail instead, so that a request is refused at once.`,
  });
}
