/** Brings notices to whoever listens: at least once, each with its own id, from an outbox that survives a crash. */
import { inBackground } from "./in-background.ts";
import type { Notice } from "./notices.ts";
import type { Store } from "./store.ts";

/** Gets a notice; it is brought again if this throws, or if the process dies before it has ended. */
type NoticeHandler = (notice: Notice) => unknown;

export interface Delivery {
  /** Listens until the function that is given back is called. */
  on(handler: NoticeHandler): () => void;
  /** There may be something new. */
  nudge(): void;
  /** Stops, and waits for the delivery under way, at most so long. */
  close(waitMs: number): Promise<void>;
}

/** Notices of other processes, and of those that died, are looked for this often. */
const PAUSE_MS = 5_000;
/** So long one process has for a notice before it is told again. */
const LEASE_MS = 30_000;
/** A handler that takes longer has failed: no notice is dropped under a lease that has ended. */
const PATIENCE_MS = 25_000;
/** They are told at the same time, so that one that takes long holds up no other. */
const AT_ONCE = 20;

export function delivery(host: {
  readonly store: Pick<Store, "takeNotices" | "dropNotice">;
  readonly owner: string;
  readonly warn: (message: string) => void;
}): Delivery {
  const { store, warn } = host;
  const handlers = new Set<NoticeHandler>();
  let timer: ReturnType<typeof setTimeout> | undefined;
  let running: Promise<void> | undefined;
  let nudged = false;
  let closed = false;

  async function bring(notice: Notice): Promise<void> {
    // Nobody listens any more: its lease ends by itself, and it waits for the next one.
    if (handlers.size === 0) return undefined;
    const ends = await Promise.allSettled(
      [...handlers].map((handler) => inTime(async () => handler(notice))),
    );
    const failed = ends.find((end) => end.status === "rejected");
    if (!failed) return store.dropNotice(notice.id);
    // What a handler throws may quote anything: it is named, not shown.
    const { reason }: { readonly reason: unknown } = failed;
    const kind = reason instanceof Error ? reason.name : typeof reason;
    warn(`a threshold handler failed (${kind}); it is told again in ${LEASE_MS / 1000} s`);
    return undefined;
  }

  async function deliver(): Promise<void> {
    try {
      for (;;) {
        const notices = await store.takeNotices({
          owner: host.owner,
          leaseMs: LEASE_MS,
          limit: AT_ONCE,
        });
        await Promise.all(notices.map(bring));
        if (notices.length < AT_ONCE || closed || handlers.size === 0) return;
      }
    } catch (error) {
      warn(`looking for notices failed: ${error instanceof Error ? error.message : String(error)}`);
    }
  }

  function go(): void {
    if (closed || handlers.size === 0) return;
    nudged = running !== undefined;
    running ??= deliver().finally(() => {
      running = undefined;
      if (nudged) go();
      else wait();
    });
  }

  /** With jitter, so that processes that start together do not ask together. */
  function wait(): void {
    clearTimeout(timer);
    if (closed || handlers.size === 0) return;
    timer = setTimeout(go, PAUSE_MS * (0.5 + Math.random()));
    inBackground(timer);
  }

  return {
    on: (handler) => {
      // One function that listens twice is two listeners.
      const listener: NoticeHandler = (notice) => handler(notice);
      handlers.add(listener);
      go();
      return () => void handlers.delete(listener);
    },
    nudge: go,
    close: async (waitMs) => {
      closed = true;
      clearTimeout(timer);
      await inTime(async () => running, waitMs).catch(() => undefined);
    },
  };
}

async function inTime<T>(work: () => Promise<T>, ms: number = PATIENCE_MS): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new TooLate()), ms);
  });
  try {
    return await Promise.race([work(), late]);
  } finally {
    clearTimeout(timer);
  }
}

class TooLate extends Error {
  override readonly name = "TooLate";
}
