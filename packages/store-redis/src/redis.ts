import type { Store } from "@assistants-budget/core/store";
import { type RedisClient, type Send, sender } from "./client.ts";
import { type OpenedSet, unavailable } from "./data-set.ts";
import { warningsOf } from "./durability.ts";
import { keysOf } from "./keys.ts";
import { ledger } from "./ledger.ts";
import { type ReadOptions, type RedisOptions, readOptions } from "./options.ts";
import { int } from "./replies.ts";
import { scripts } from "./script.ts";
import { threads } from "./threads.ts";

/**
 * The store for several processes and machines, on a Redis server from 7.0 on. The app brings the
 * client, and closes it. One method is one script and one round trip; time is the server's own.
 *
 * Its methods throw `store_unavailable` where the server can't be reached, may evict budgets, or
 * has lost what was written.
 */
export function redis(client: RedisClient, options: RedisOptions = {}): Store {
  const read = readOptions(client, options);
  const send = sender(client);
  const keys = keysOf(read.prefix);
  const said = new Set<string>();

  function opened(set: OpenedSet): void {
    for (const warning of warningsOf(set, read)) {
      if (!said.has(warning.code)) read.warn(warning);
      said.add(warning.code);
    }
  }

  const run = scripts({ send, keys, options: read, opened });
  const reads = { ...ledger(run, read), ...threads(run, keys) };
  const writes = awaited(reads, send, read);

  return {
    name: `Redis (${keys.base}*)`,
    open: () => run.open(),
    close: async () => run.close(),
    ...reads,
    ...writes,
  };
}

type Methods = Omit<Store, "name" | "open" | "close">;

/** The methods that write, each answered after the replicas have it, if that was asked for. */
function awaited(store: Methods, send: Send, { wait }: ReadOptions): Partial<Methods> {
  if (!wait) return {};
  const after = <A extends unknown[], R>(method: (...args: A) => Promise<R>) => {
    return async (...args: A): Promise<R> => {
      const answer = await method(...args);
      const reached = await send(["WAIT", String(wait.replicas), String(wait.timeoutMs)]);
      if (int(String(reached)) < wait.replicas)
        throw unavailable(
          `Only ${String(reached)} of ${wait.replicas} replicas had the write after ${wait.timeoutMs} ms. It may be asked again by the same id.`,
        );
      return answer;
    };
  };
  return {
    reserve: after(store.reserve),
    settle: after(store.settle),
    release: after(store.release),
    attach: after(store.attach),
    renew: after(store.renew),
    lease: after(store.lease),
    openThread: after(store.openThread),
    renewThread: after(store.renewThread),
    closeThread: after(store.closeThread),
    saveRun: after(store.saveRun),
    deleteThread: after(store.deleteThread),
    act: after(store.act),
    takeNotices: after(store.takeNotices),
    dropNotice: after(store.dropNotice),
  };
}
