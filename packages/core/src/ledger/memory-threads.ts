import type {
  Item,
  Mark,
  RunRecord,
  SaveRun,
  SaveRunReply,
  StoredItem,
  ThreadState,
  ThreadStore,
} from "./thread-store.ts";

interface Thread {
  readonly id: string;
  readonly user: string;
  readonly createdAt: number;
  readonly items: StoredItem[];
  first: number;
  mark?: Mark | undefined;
  fence: number;
  lease?: { readonly run: string; readonly until: number } | undefined;
}

/** The threads' part of the memory store. */
export function memoryThreads(clock: () => number): ThreadStore {
  const threads = new Map<string, Thread>();
  const runs = new Map<string, RunRecord>();

  function owned(id: string, user: string): Thread | undefined {
    const thread = threads.get(id);
    return thread?.user === user ? thread : undefined;
  }

  function append(thread: Thread, run: string, items: readonly Item[]): void {
    for (const item of items) thread.items.push({ seq: thread.items.length, run, item });
  }

  function saveRun(request: SaveRun): SaveRunReply {
    const { run, fence, close, leaseMs } = request;
    runs.set(run.id, run);
    if (fence === undefined && request.append.length === 0)
      return { kind: "saved", fence: 0, next: 0 };
    let thread = threads.get(run.thread);
    if (!thread && fence === undefined) {
      thread = {
        id: run.thread,
        user: run.user,
        createdAt: clock(),
        items: [],
        first: 0,
        fence: 1,
      };
      threads.set(run.thread, thread);
    } else if (!thread || thread.fence !== fence) return { kind: "stale" };
    append(thread, run.id, request.append);
    thread.first = request.first;
    thread.mark = request.mark;
    thread.lease = close ? undefined : { run: run.id, until: clock() + leaseMs };
    return { kind: "saved", fence: thread.fence, next: thread.items.length };
  }

  return {
    openThread: async ({ thread: id, user, run, leaseMs }) => {
      const thread = owned(id, user);
      if (!thread) return { kind: "missing" };
      const now = clock();
      if (thread.lease && thread.lease.until > now && thread.lease.run !== run)
        return { kind: "busy", until: thread.lease.until, now };
      thread.fence += 1;
      thread.lease = { run, until: now + leaseMs };
      return {
        kind: "open",
        fence: thread.fence,
        thread: stateOf(thread),
        items: thread.items.slice(thread.first),
      };
    },
    renewThread: async ({ thread: id, fence, leaseMs }) => {
      const thread = threads.get(id);
      if (thread?.fence !== fence || !thread.lease) return false;
      thread.lease = { ...thread.lease, until: clock() + leaseMs };
      return true;
    },
    closeThread: async ({ thread: id, fence }) => {
      const thread = threads.get(id);
      if (thread?.fence === fence) thread.lease = undefined;
    },
    saveRun: async (request) => saveRun(request),
    run: async ({ id, user }) => {
      const run = runs.get(id);
      return run?.user === user ? run : undefined;
    },
    runs: async ({ thread, user, limit }) =>
      owned(thread, user)
        ? [...runs.values()]
            .filter((run) => run.thread === thread && run.user === user)
            .toReversed()
            .slice(0, limit)
        : undefined,
    items: async ({ thread, user }) => owned(thread, user)?.items.slice(),
    deleteThread: async ({ thread, user }) => {
      if (!owned(thread, user)) return false;
      for (const run of runs.values()) if (run.thread === thread) runs.delete(run.id);
      return threads.delete(thread);
    },
  };
}

function stateOf(thread: Thread): ThreadState {
  return {
    id: thread.id,
    user: thread.user,
    createdAt: thread.createdAt,
    next: thread.items.length,
    first: thread.first,
    ...(thread.mark ? { mark: thread.mark } : {}),
  };
}
