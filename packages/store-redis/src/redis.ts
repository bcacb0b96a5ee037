import type { Store } from "@assistants-budget/core/store";
import { type RedisClient, type Send, sender } from "./client.ts";
import { type OpenedSet, unavailable } from "./data-set.ts";
import { warningsOf } from "./durability.ts";
import { keysOf } from "./keys.ts";
import { type Methods, methodsAt } from "./methods.ts";
import { type ReadOptions, type RedisOptions, readOptions } from "./options.ts";
import { int } from "./replies.ts";
import { tagged } from "./tags/tagged.ts";

/**
 * The store for several processes and machines, on a Redis server from 7.0 on. The app brings the
 * client, and closes it. One method is one script and one round trip; time is the server's own.
 * With `tagBy` each tenant lies under a tag of its own; docs/scale.md tells what follows from that.
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

  const host = { send, keys, options: read, opened };
  if (read.tagBy !== undefined) return tagged(host, read.tagBy);
  const { run, methods } = methodsAt(host);

  return {
    name: `Redis (${keys.base}*)`,
    open: () => run.open(),
    close: async () => run.close(),
    ...methods,
    ...awaited(methods, send, read),
  };
}

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
