import type {
  Item,
  Mark,
  RunRecord,
  StoredItem,
  ThreadState,
  ThreadStore,
} from "@assistants-budget/core/store";
import type { Call } from "./client.ts";
import type { Host } from "./host.ts";
import { json } from "./replies.ts";

type ItemReply = readonly [seq: number, run: string, item: string];

type OpenReply =
  | readonly ["missing"]
  | readonly ["busy", until: number, now: number]
  | readonly [
      "open",
      fence: number,
      createdAt: number,
      next: number,
      first: number,
      mark: string | null,
      items: readonly ItemReply[],
      user: string,
    ];

const OPEN: Call<OpenReply> = {
  name: "open_thread_v1",
  types: ["bigint", "text", "text", "text", "bigint"],
};
const RENEW: Call<boolean> = {
  name: "renew_thread_v1",
  types: ["bigint", "text", "bigint", "bigint"],
};
const CLOSE: Call<boolean> = { name: "close_thread_v1", types: ["text", "bigint"] };
const SAVE: Call<readonly ["saved", fence: number, next: number] | readonly ["stale"]> = {
  name: "save_run_v1",
  types: ["bigint", "json"],
};
type RunReply = readonly [user: string, record: string];

const RUN: Call<RunReply | null> = { name: "run_v1", types: ["text", "text"] };
const RUNS: Call<RunReply[] | null> = { name: "runs_v1", types: ["text", "text", "bigint"] };
const ITEMS: Call<ItemReply[] | null> = { name: "thread_items_v1", types: ["text", "text"] };
const DELETE: Call<boolean> = { name: "delete_thread_v1", types: ["text", "text"] };

/** The threads' part of the store. */
export function threads({ ask, clock }: Pick<Host, "ask" | "clock">): ThreadStore {
  return {
    openThread: async ({ thread: id, user: name, run, leaseMs }) => {
      const reply = await ask(OPEN, clock(), id, name, run, leaseMs);
      if (reply[0] === "missing") return { kind: "missing" };
      if (reply[0] === "busy") return { kind: "busy", until: reply[1], now: reply[2] };
      const [kind, fence, createdAt, next, first, mark, items, user] = reply;
      const marked = mark === null ? {} : { mark: json<Mark>(mark) };
      const thread: ThreadState = { id, user, createdAt, next, first, ...marked };
      return { kind, fence, thread, items: items.map(itemOf) };
    },
    renewThread: ({ thread, fence, leaseMs }) => ask(RENEW, clock(), thread, fence, leaseMs),
    closeThread: async ({ thread, fence }) => void (await ask(CLOSE, thread, fence)),
    saveRun: async ({ run, fence, append, from, first, mark, close, leaseMs }) => {
      const asked = {
        id: run.id,
        thread: run.thread,
        user: run.user,
        created: run.createdAt,
        record: JSON.stringify(run),
        fence,
        from,
        first,
        close,
        lease: leaseMs,
        items: append.map((item) => JSON.stringify(item)),
        mark: mark && JSON.stringify(mark),
      };
      const reply = await ask(SAVE, clock(), JSON.stringify(asked));
      if (reply[0] === "stale") return { kind: "stale" };
      const [kind, current, next] = reply;
      return { kind, fence: current, next };
    },
    run: async ({ id, user }) => {
      const record = await ask(RUN, id, user);
      return record === null ? undefined : runOf(record);
    },
    runs: async ({ thread, user, limit }) => {
      const records = await ask(RUNS, thread, user, limit);
      return records?.map(runOf);
    },
    items: async ({ thread, user }) => (await ask(ITEMS, thread, user))?.map(itemOf),
    deleteThread: ({ thread, user }) => ask(DELETE, thread, user),
  };
}

/** The user of now: an alias may have been the one who ran it. */
function runOf([user, record]: RunReply): RunRecord {
  return { ...json<RunRecord>(record), user };
}

function itemOf([seq, run, item]: ItemReply): StoredItem {
  return { seq, run, item: json<Item>(item) };
}
