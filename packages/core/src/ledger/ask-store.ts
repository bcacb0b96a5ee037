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
  try {
    const inTime = () => answered(ask(), patienceMs);
    // The way without a hiccup is every call's way, and has nothing of the retries' cost.
    return await inTime().catch((error: unknown) => retry(inTime, error));
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

async function answered<T>(answer: Promise<T>, patienceMs: number): Promise<T> {
  if (patienceMs === Infinity) return answer;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(tooLate(patienceMs)), patienceMs);
  });
  try {
    return await Promise.race([answer, late]);
  } finally {
    clearTimeout(timer);
  }
}

function tooLate(ms: number): BudgetError {
  return new BudgetError("store_unavailable", {
    message: `The budget store did not answer within ${ms / 1000} s. Its client may be queueing commands for a server that is away: let it fail instead, so that a request is refused at once.`,
  });
}
