import type {
  Item,
  Mark,
  RunRecord,
  SaveRun,
  SaveRunReply,
  StoredItem,
  ThreadStore,
} from "@assistants-budget/core/store";
import { type Keys, nameOf, part } from "./keys.ts";
import {
  DELETE_THREAD,
  ITEMS,
  OPEN_THREAD,
  RENEW_THREAD,
  RUN,
  RUNS,
  SAVE_RUN,
} from "./lua/threads.ts";
import { int, json, list, text } from "./replies.ts";
import { type Scripts, asItWas } from "./script.ts";

/** Threads and runs. */
export function threads(scripts: Scripts, keys: Keys): ThreadStore {
  const thread = (id: string) => keys.of("t", id);
  const itemsOf = (id: string) => keys.of("i", id);
  const runsOf = (id: string) => keys.of("tr", id);

  async function saveRun(request: SaveRun): Promise<SaveRunReply> {
    const { run, fence, append, from, first, mark, close, leaseMs } = request;
    const [kind, , , ...saved] = await scripts.run({
      script: SAVE_RUN,
      keys: [thread(run.thread), itemsOf(run.thread), runsOf(run.thread), keys.of("r", run.id)],
      args: [
        part(run.user),
        run.id,
        part(run.id),
        String(run.createdAt),
        JSON.stringify(run),
        fence === undefined ? "" : String(fence),
        String(from),
        String(first),
        mark ? JSON.stringify(mark) : "",
        close ? "" : String(leaseMs),
        `[${JSON.stringify(run.id)},`,
        part(run.thread),
        ...append.map((item) => JSON.stringify([run.id, item])),
      ],
      again: asItWas("saved", "stale"),
    });
    if (text(kind) !== "saved") return { kind: "stale" };
    return { kind: "saved", fence: int(saved[0]), next: int(saved[1]) };
  }

  async function renew(id: string, fence: number, leaseMs?: number): Promise<boolean> {
    const args = [String(fence), leaseMs === undefined ? "" : String(leaseMs)];
    const reply = await scripts.run({ script: RENEW_THREAD, keys: [thread(id)], args });
    return text(reply[3]) === "1";
  }

  return {
    openThread: async ({ thread: id, user, run, leaseMs }) => {
      const [kind, at, , ...rest] = await scripts.run({
        script: OPEN_THREAD,
        keys: [thread(id), itemsOf(id)],
        args: [part(user), run, String(leaseMs)],
        again: asItWas("open"),
      });
      if (text(kind) === "missing") return { kind: "missing" };
      if (text(kind) === "busy") return { kind: "busy", until: int(rest[0]), now: int(at) };
      const [fence, createdAt, next, first, mark, items, owner] = rest;
      const marked = text(mark);
      return {
        kind: "open",
        fence: int(fence),
        thread: {
          id,
          user: nameOf(text(owner)),
          createdAt: int(createdAt),
          next: int(next),
          first: int(first),
          ...(marked === "" ? {} : { mark: json<Mark>(marked) }),
        },
        items: stored(items, int(first)),
      };
    },
    renewThread: ({ thread: id, fence, leaseMs }) => renew(id, fence, leaseMs),
    closeThread: async ({ thread: id, fence }) => void (await renew(id, fence)),
    saveRun,
    run: async ({ id, user }) => {
      const reply = await scripts.run({
        script: RUN,
        keys: [keys.of("r", id)],
        args: [part(user)],
      });
      const record = text(reply[3]);
      return record === "" ? undefined : recordOf(record, reply[4]);
    },
    runs: async ({ thread: id, user, limit }) => {
      const names = [thread(id), runsOf(id)];
      const reply = await scripts.run({
        script: RUNS,
        keys: names,
        args: [part(user), String(limit)],
      });
      if (text(reply[0]) === "missing") return undefined;
      return reply.slice(3).map((record) => recordOf(record, reply[1]));
    },
    items: async ({ thread: id, user }) => {
      const names = [thread(id), itemsOf(id)];
      const reply = await scripts.run({ script: ITEMS, keys: names, args: [part(user)] });
      return text(reply[0]) === "missing" ? undefined : stored(reply[3], 0);
    },
    deleteThread: async ({ thread: id, user }) => {
      const names = [thread(id), itemsOf(id), runsOf(id)];
      const again = asItWas("ok");
      const reply = await scripts.run({
        script: DELETE_THREAD,
        keys: names,
        args: [part(user), part(id)],
        again,
      });
      return text(reply[0]) === "ok";
    },
  };
}

/** A run is its user's, under whatever name it was made. */
function recordOf(record: unknown, user: unknown): RunRecord {
  return { ...json<RunRecord>(record), user: nameOf(text(user)) };
}

function stored(items: unknown, from: number): readonly StoredItem[] {
  return list(items).map((kept, i) => {
    const [run, item] = json<readonly [string, Item]>(kept);
    return { seq: from + i, run, item };
  });
}
