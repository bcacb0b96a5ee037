/** What users do while operators act on them. */
import type { ReserveRequest, Store, WindowAt } from "@assistants-budget/core/store";
import { charge, lifetimeOf, requestOf, rollingOf } from "./requests.ts";

export const APP: WindowAt = lifetimeOf("app", "app");

interface Lane {
  /** Begins the names of its holds, threads and runs. */
  readonly lane: string;
  readonly user: string;
}

/** Five nano-dollars in the user's windows and the app's, by these settings. */
export function asked(user: string, hold: string, version: number): ReserveRequest {
  const windows = [lifetimeOf(user), rollingOf(user), APP];
  const made = requestOf(user, hold, { windows, nano: 5 });
  return { ...made, subjects: [{ scope: "user", subject: user, version }] };
}

/** Spends as a user until told to stop; gives back what was settled. Learns of merges from the store. */
export async function spend(
  store: Store,
  { lane, user: name }: Lane,
  over: AbortSignal,
): Promise<number> {
  let [user, version, settled] = [name, 0, 0];
  for (let step = 0; !over.aborted; step += 1) {
    const hold = `${lane}-${step}`;
    const reply = await store.reserve(asked(user, hold, version));
    if (reply.kind === "settings") {
      const [told] = reply.settings;
      version = told?.alias === undefined ? (told?.version ?? 0) : 0;
      user = told?.alias ?? user;
      continue;
    }
    if (reply.kind !== "held") throw new Error(reply.kind);
    if (step % 5 === 4) {
      await store.release(hold);
      continue;
    }
    const assumed = step % 3 === 0;
    await store.settle(hold, { ...charge(5), known: assumed ? "assumed" : "reported" });
    if (assumed) await store.settle(hold, charge(2));
    settled += assumed ? 2 : 5;
  }
  return settled;
}

/** Makes threads and writes on in them until told to stop; gives back how many items each has. */
export async function save(
  store: Store,
  { lane, user }: Lane,
  over: AbortSignal,
): Promise<ReadonlyMap<string, number>> {
  const saved = new Map<string, number>();
  for (let step = 0; !over.aborted; step += 1) {
    const id = `${lane}-${step}`;
    const run = { id, thread: id, user, assistant: "a", createdAt: step, steps: [], text: "" };
    const rest = { first: 0, leaseMs: 60_000, close: false };
    for (let from = 0; from < 3; from += 1) {
      const reply = await store.saveRun({
        run: { ...run, status: "in_progress" },
        ...(from === 0 ? {} : { fence: 1 }),
        append: [{ type: "message" }],
        from,
        ...rest,
      });
      if (reply.kind === "saved") saved.set(id, from + 1);
    }
  }
  return saved;
}
