/** All work that is waiting goes into one transaction: durable and fast at the same time. */
import { setImmediate as endOfTick, setTimeout as sleep } from "node:timers/promises";
import { isBusy, untilFree } from "./sqlite-errors.ts";
import type { Transactions } from "./transactions.ts";

/** How long one transaction is tried for while other processes hold the file. */
const PATIENCE_MS = 15_000;

interface Job {
  /** Does the work inside a transaction; may be asked again if that transaction failed. */
  readonly work: () => void;
  /** Answers, after the commit. */
  readonly done: () => void;
  readonly fail: (error: unknown) => void;
}

export interface GroupCommit {
  /** Runs a function inside a transaction and answers after its commit. */
  run<T>(work: () => T): Promise<T>;
  /** Resolves when nothing is waiting. */
  idle(): Promise<void>;
}

/** Work goes out at the end of the tick in which it came: alone it waits for nobody. */
export function groupCommit(transactions: () => Transactions): GroupCommit {
  let queue: Job[] = [];
  let draining: Promise<void> | undefined;

  async function drain(): Promise<void> {
    while (queue.length > 0) {
      const jobs = queue;
      queue = [];
      await transact(transactions, jobs).catch((error: unknown) => apart(jobs, error));
    }
    draining = undefined;
  }

  /** One job's failure is its own: after a failed batch each gets a transaction of its own. */
  async function apart(jobs: readonly Job[], error: unknown): Promise<void> {
    // A file that is locked is locked for all: nobody's patience is added to another's.
    if (jobs.length === 1 || isBusy(error)) {
      for (const job of jobs) job.fail(error);
      return;
    }
    for (const job of jobs) {
      await transact(transactions, [job]).catch(job.fail);
    }
  }

  function run<T>(work: () => T): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      let outcome: { readonly value: T } | undefined;
      queue.push({
        work: () => {
          outcome = { value: work() };
        },
        done: () => outcome && resolve(outcome.value),
        fail: reject,
      });
      draining ??= endOfTick().then(drain);
    });
  }

  return { run, idle: async () => draining };
}

/** One transaction. Nobody is answered before it has committed. */
async function transact(open: () => Transactions, jobs: readonly Job[]): Promise<void> {
  const transactions = open();
  await patiently(() =>
    atOnce(transactions, transactions.begin, () => {
      for (const job of jobs) job.work();
    }),
  );
  for (const job of jobs) job.done();
}

/** Reads everything as of one moment; waits for nobody who writes. */
export async function reading<T>(open: () => Transactions, work: () => T): Promise<T> {
  const transactions = open();
  return patiently(() => atOnce(transactions, transactions.beginReading, work));
}

/** From the first to the last of a transaction nothing is waited for: a connection has only one. */
function atOnce<T>({ commit, rollBack }: Transactions, begin: () => void, work: () => T): T {
  begin();
  try {
    const value = work();
    commit();
    return value;
  } catch (error) {
    rollBack();
    throw error;
  }
}

/**
 * SQLite's own busy handler sleeps on the event loop and can starve a process for seconds, so the
 * file is asked for again each millisecond instead.
 */
async function patiently<T>(work: () => T): Promise<T> {
  const tries = untilFree(work, PATIENCE_MS);
  let tried = tries.next();
  for (; tried.done !== true; tried = tries.next()) await sleep(1);
  return tried.value;
}
