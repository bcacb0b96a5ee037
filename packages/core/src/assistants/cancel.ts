/** Stopping a run, in whatever process it is under way. */
import { v7 as uuid } from "uuid";
import { BudgetError } from "../errors.ts";
import { type RunRecord, type Store, askStore } from "../ledger/index.ts";
import { takeThread } from "./lease.ts";
import type { RunnerHost, Session } from "./session.ts";

interface OwnRun {
  readonly id: string;
  readonly user: string;
}

/**
 * Cancels a run: here by its signal, elsewhere by freezing the run itself, which every reserve of it
 * looks at. The step under way is drained and settled.
 *
 * @throws BudgetError `run_not_found`; `idempotency_conflict` for a run that has ended
 */
export async function cancelRun(host: RunnerHost, { id, user }: OwnRun): Promise<void> {
  const isHere = host.live.cancel(id, user);
  const record = await askStore(() => host.store.run({ id, user }));
  if (!record) {
    if (isHere) return;
    throw runNotFound();
  }
  if (record.stop?.reason === "cancelled") return;
  if (!record.unfinished) throw conflict("has ended");
  await askStore(() =>
    host.store.act({
      kind: "freeze",
      scope: "run",
      subject: id,
      id: `cancel_${id}`,
      // Not the user's id: what is written here outlives a user who is forgotten.
      by: "the run's user",
      why: "cancelled",
    }),
  );
  if (!isHere) await writeDown(host.store, record);
}

/** Where nobody is at the run, nobody else would write it down. */
async function writeDown(store: Store, { id, user, thread }: RunRecord): Promise<void> {
  try {
    const own = { thread, user, run: `cancel_${uuid()}`, isNew: false };
    const lease = await takeThread(store, own);
    try {
      const record = await askStore(() => store.run({ id, user }));
      if (!record?.unfinished) return;
      const { first, mark } = lease;
      const run = asCancelled(record);
      await lease.save({ run, append: [], first, mark, close: true });
    } finally {
      await lease.drop();
    }
  } catch (error) {
    // Its process has it, and ends it by itself; or there is no thread yet.
    if (!(error instanceof BudgetError) || error.status >= 500) throw error;
  }
}

function asCancelled({ unfinished: _unfinished, ...record }: RunRecord): RunRecord {
  return { ...record, status: "incomplete", stop: { reason: "cancelled" } };
}

/** Whether a refusal means that this run was cancelled. */
export async function isCancelled({ host, run }: Session, error: BudgetError): Promise<boolean> {
  if (error.code !== "subject_frozen") return false;
  return isFrozen(host.store, run.id).catch(() => false);
}

/** Whether somebody has cancelled a run, whether or not it knows. */
export async function isFrozen(store: Store, run: string): Promise<boolean> {
  const [settings] = await askStore(() => store.settings([{ scope: "run", subject: run }]));
  return settings?.frozen ?? false;
}

export function runNotFound(): BudgetError {
  return new BudgetError("run_not_found", { message: "There is no such run." });
}

/** A run that can't do what is asked of it, any more. */
export function conflict(why: string): BudgetError {
  return new BudgetError("idempotency_conflict", {
    message: `This run ${why}. Look at it with \`runs.get(id)\`, or begin a new run in its thread.`,
  });
}
