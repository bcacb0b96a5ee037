/** A thread while a run has it: kept by signs of life, given back at the end. */
import { BudgetError } from "../errors.ts";
import type { Item, Mark, RunRecord, Store, StoredItem, ThreadState } from "../ledger/index.ts";
import { askStore, inBackground } from "../ledger/index.ts";

/** A thread whose run has died is free again after this long. */
export const LEASE_MS = 60_000;

/** What a run writes. */
interface Save {
  readonly run: RunRecord;
  readonly append: readonly Item[];
  readonly first: number;
  readonly mark: Mark | undefined;
  readonly close: boolean;
}

export interface Lease {
  /** The stored items that are still sent. */
  readonly items: readonly StoredItem[];
  readonly first: number;
  readonly mark: Mark | undefined;
  /** Where the thread's next item goes. */
  readonly next: number;
  /**
   * Writes the run's record alone, and keeps the thread. While there is none, it is written again and
   * again until the first save, as a sign of life.
   */
  note(record: () => Promise<RunRecord>): Promise<void>;
  /** Writes the run and what it adds. @throws BudgetError `thread_busy` if another run took the thread. */
  save(write: Save): Promise<void>;
  /** Writes the record of a run that came to nothing, unless its thread was deleted. */
  record(run: RunRecord): Promise<void>;
  /** Gives the thread back as it is. */
  drop(): Promise<void>;
}

/**
 * Takes a thread for a run; a new one begins to exist with its first item.
 *
 * @param owner.run Who takes it: whoever else asks meanwhile is told that it is busy.
 */
export async function takeThread(
  store: Store,
  owner: {
    readonly thread: string;
    readonly user: string;
    readonly run: string;
    readonly isNew: boolean;
  },
): Promise<Lease> {
  const { thread, user, run, isNew } = owner;
  if (isNew) return leaseOf(store, thread, { items: [], fence: undefined, state: undefined });
  const reply = await askStore(() => store.openThread({ thread, user, run, leaseMs: LEASE_MS }));
  switch (reply.kind) {
    case "open":
      return leaseOf(store, thread, {
        items: reply.items,
        fence: reply.fence,
        state: reply.thread,
      });
    case "missing":
      throw threadNotFound();
    case "busy":
      throw threadBusy();
  }
}

export function threadBusy(): BudgetError {
  return new BudgetError("thread_busy", {
    message: "Another run is under way in this thread. Wait for its answer, then send this again.",
    retryAfter: 2,
  });
}

/** The same words for a thread that isn't there and for somebody else's. */
export function threadNotFound(): BudgetError {
  return new BudgetError("thread_not_found", {
    message: "There is no such thread. Leave `thread` out to begin a new one.",
  });
}

interface Opened {
  readonly items: readonly StoredItem[];
  readonly fence: number | undefined;
  readonly state: ThreadState | undefined;
}

function leaseOf(store: Store, thread: string, { items, fence: given, state }: Opened): Lease {
  let fence = given;
  let next = state?.next ?? 0;
  /** As it was saved last. */
  let shown = { first: state?.first ?? 0, mark: state?.mark };
  /** The record of a run whose thread does not exist yet, and its last writing. */
  let unborn: (() => Promise<RunRecord>) | undefined;
  let noted: Promise<unknown> = Promise.resolve();
  const beat = setInterval(() => {
    // A beat that fails is made up for by the next one; a lost lease shows when the run writes.
    if (fence !== undefined)
      store.renewThread({ thread, fence, leaseMs: LEASE_MS }).catch(() => undefined);
    else if (unborn) noted = writeNote(unborn).catch(() => undefined);
  }, LEASE_MS / 4);
  inBackground(beat);

  const write = ({ mark, ...save }: Save) =>
    store.saveRun({
      ...save,
      from: next,
      leaseMs: LEASE_MS,
      ...(fence === undefined ? {} : { fence }),
      ...(mark === undefined ? {} : { mark }),
    });

  async function writeNote(record: () => Promise<RunRecord>): Promise<void> {
    const run = await record();
    await askStore(() => write({ run, append: [], ...shown, close: false }));
  }

  return {
    items,
    ...shown,
    get next() {
      return next;
    },
    note: (record) => {
      if (fence === undefined) unborn = record;
      return writeNote(record);
    },
    save: async ({ run, append, first, mark, close }) => {
      if (close) clearInterval(beat);
      unborn = undefined;
      await noted;
      const reply = await askStore(() => write({ run, append, first, mark, close }));
      if (reply.kind === "stale") {
        throw new BudgetError("thread_busy", {
          message:
            "This run lost its thread to another run or to a deletion; what it did is charged but not kept.",
        });
      }
      if (reply.fence > 0) ({ fence, next } = reply);
      shown = { first, mark };
    },
    record: async (run) => {
      unborn = undefined;
      await noted;
      await write({ run, append: [], ...shown, close: true });
    },
    drop: async () => {
      clearInterval(beat);
      // A lease that can't be given back ends by itself, and must not hide why the run failed.
      if (fence !== undefined) await store.closeThread({ thread, fence }).catch(() => undefined);
    },
  };
}
