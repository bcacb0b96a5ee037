import type {
  Mark,
  RunRecord,
  SaveRun,
  SaveRunReply,
  StoredItem,
  ThreadState,
  ThreadStore,
} from "../thread-store.ts";

interface Thread {
  readonly id: string;
  user: string;
  readonly createdAt: number;
  readonly items: StoredItem[];
  first: number;
  mark?: Mark | undefined;
  fence: number;
  lease?: { readonly run: string; readonly until: number } | undefined;
}

/** The fence of a thread that nobody has opened yet. */
const NEW_FENCE = 1;

/** What acts do to a user's threads and runs. */
export interface UserThreads {
  move(user: string, into: string): void;
  forget(user: string): void;
}

/**
 * The threads' part of the memory store.
 *
 * @param userOf The user that a name stands for.
 */
export function memoryThreads(
  clock: () => number,
  userOf: (name: string) => string,
): ThreadStore & { readonly ofUsers: UserThreads } {
  const threads = new Map<string, Thread>();
  const runs = new Map<string, RunRecord>();

  function owned(id: string, user: string): Thread | undefined {
    const thread = threads.get(id);
    return thread?.user === userOf(user) ? thread : undefined;
  }

  /** The thread that a save is for; made by the first one that appends to it. */
  function threadFor({ run, fence, from }: SaveRun): Thread | undefined {
    const found = threads.get(run.thread);
    if (found || fence !== undefined || from !== 0) return owned(run.thread, run.user);
    const id = run.thread;
    const user = userOf(run.user);
    const made = { id, user, createdAt: clock(), items: [], first: 0, fence: NEW_FENCE };
    threads.set(id, made);
    return made;
  }

  function saveRun(request: SaveRun): SaveRunReply {
    const { append, from, close, leaseMs } = request;
    const run = { ...request.run, user: userOf(request.run.user) };
    if (request.fence === undefined && append.length === 0) {
      runs.set(run.id, run);
      return { kind: "saved", fence: 0, next: 0 };
    }
    const thread = threadFor(request);
    if (!thread) return { kind: "stale" };
    runs.set(run.id, run);
    const { fence = NEW_FENCE } = request;
    const next = from + append.length;
    const isOwn = (seq: number) => thread.items[seq]?.run === run.id;
    const begun = append.length > 0 && isOwn(from);
    const done = begun && isOwn(next - 1);
    const leads = thread.fence === fence;
    if (done && !(leads && thread.lease?.run === run.id)) return { kind: "saved", fence, next };
    const fits =
      begun || (thread.items.length === from && (from === 0 || request.fence !== undefined));
    if (!leads || !fits) return { kind: "stale" };
    for (const item of append.slice(thread.items.length - from))
      thread.items.push({ seq: thread.items.length, run: run.id, item });
    thread.first = request.first;
    thread.mark = request.mark;
    thread.lease = close ? undefined : { run: run.id, until: clock() + leaseMs };
    return { kind: "saved", fence, next };
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
      return run?.user === userOf(user) ? run : undefined;
    },
    runs: async ({ thread, user, limit }) =>
      owned(thread, user)
        ? [...runs.values()]
            .filter((run) => run.thread === thread && run.user === userOf(user))
            .toReversed()
            .slice(0, limit)
        : undefined,
    items: async ({ thread, user }) => owned(thread, user)?.items.slice(),
    deleteThread: async ({ thread, user }) => {
      if (!owned(thread, user)) return false;
      for (const run of runs.values()) if (run.thread === thread) runs.delete(run.id);
      return threads.delete(thread);
    },
    ofUsers: {
      move: (user, into) => {
        for (const thread of threads.values()) if (thread.user === user) thread.user = into;
        for (const run of runs.values())
          if (run.user === user) runs.set(run.id, { ...run, user: into });
      },
      forget: (user) => {
        for (const thread of threads.values()) if (thread.user === user) threads.delete(thread.id);
        for (const run of runs.values()) if (run.user === user) runs.delete(run.id);
      },
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
