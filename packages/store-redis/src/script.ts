/** Running scripts: one round trip each, and a data set that is known to be whole. */
import { createHash } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { BudgetError } from "@assistants-budget/core/store";
import type { Send } from "./client.ts";
import { type Known, type OpenedSet, beyondJournal, openSet, unavailable } from "./data-set.ts";
import { journal } from "./journal.ts";
import type { Keys } from "./keys.ts";
import type { ReadOptions } from "./options.ts";
import { type Reply, int, replyOf, text } from "./replies.ts";

/** How often a call is sent again because the data set had to be looked at. */
const TRIES = 5;

const shas = new Map<string, string>();

/** One call of a script. `KEYS[1]` and `ARGV[1..4]` are added. */
export interface Call {
  readonly script: string;
  readonly keys: readonly string[];
  readonly args: readonly string[];
  /** Of a call that may have written: what it wrote by this answer, as it is brought back. */
  readonly again?: (reply: Reply, call: Call) => readonly Call[];
}

/** Brings a call back as it was, if its answer was one of these. */
export function asItWas(...kinds: readonly string[]): NonNullable<Call["again"]> {
  return ([kind], call) => (kinds.includes(text(kind)) ? [call] : []);
}

export interface Scripts {
  /** Opens the data set, if that has not been done. */
  open(): Promise<void>;
  /** Answers the script's reply: its kind, the store's time, the number of writes, and the rest. */
  run(call: Call): Promise<Reply>;
  /** The name of the data set, which a new one would not have; empty before it is opened. */
  set(): string;
  /** Forgets the server, so that the next call opens again. */
  close(): void;
}

/** What was written, and the store's time then: it is brought back with its own date. */
interface Past {
  readonly call: Call;
  readonly now: number;
}

export interface ScriptsHost {
  readonly send: Send;
  readonly keys: Keys;
  readonly options: ReadOptions;
  /** Told of each opening. */
  readonly opened: (set: OpenedSet) => void;
}

export function scripts({ send, keys, options, opened }: ScriptsHost): Scripts {
  let known: Known = { state: "", seq: 0 };
  let opening: Promise<void> | undefined;
  const written = journal<Past>();

  /** One opening at a time; every call that has met something strange waits for it. */
  function reopen(): Promise<void> {
    opening ??= (async () => {
      const before = known;
      for (let tries = 0; tries < TRIES; tries += 1) {
        const set = await openSet(send, { key: keys.meta, known, options });
        const lost = before.state === "" ? [] : written.since(set.from);
        if (!lost) throw beyondJournal(before, set.from);
        opened(set);
        if (lost.length > 0 && !(await bringBack(lost, set))) continue;
        known = { state: set.state, seq: set.seq };
        // Reserves wait by themselves; here a process that has just started waits with its first call.
        if (set.waitMs > 0 && before.state === "") await sleep(set.waitMs);
        return;
      }
      throw unavailable("Redis is restarted over and over: try again in a moment.");
    })().finally(() => {
      opening = undefined;
    });
    return opening;
  }

  /**
   * By their own ids, so that what another process or the server remembers is not done twice. Says
   * whether that is done: not where the server was restarted meanwhile.
   */
  async function bringBack(lost: readonly Past[], set: OpenedSet): Promise<boolean> {
    const kept: [number, Past][] = [];
    for (const { call, now } of lost) {
      let reply: Reply;
      do reply = replyOf(await evaluate(call, { as: { ...set, seq: 0 }, whole: true, now }));
      while (text(reply[0]) === "more");
      if (text(reply[0]) === "state") return false;
      for (const again of call.again?.(reply, call) ?? [])
        kept.push([int(reply[2]), { call: again, now }]);
    }
    written.forget(set.from);
    for (const [seq, past] of kept) written.note(seq, past);
    return true;
  }

  function evaluate(
    { script, keys: names, args }: Call,
    { as, whole, now }: { readonly as: Known; readonly whole: boolean; readonly now?: number },
  ): Promise<unknown> {
    const [command, source] = whole ? ["EVAL", script] : ["EVALSHA", shaOf(script)];
    const at = String(now ?? options.clock?.() ?? "");
    const fixed = [as.state, String(as.seq), at, keys.base];
    return send(
      [command, source, String(names.length + 1), keys.meta, ...names, ...fixed, ...args],
      keys.meta,
    );
  }

  async function run(call: Call): Promise<Reply> {
    let whole = false;
    for (let tries = 0; tries < TRIES; tries += 1) {
      if (known.state === "") await reopen();
      let reply: Reply;
      try {
        reply = replyOf(await evaluate(call, { as: known, whole }));
      } catch (error) {
        if (!isNoScript(error)) throw error;
        // A server that does not know a script may be another one than before: looked at first.
        await reopen();
        whole = true;
        continue;
      }
      const kind = text(reply[0]);
      if (kind === "recovering") await sleep(options.recoveryMs / 2 + 50);
      else if (kind === "more") tries -= 1;
      else if (kind === "state" || kind === "behind") await reopen();
      else {
        const seq = int(reply[2]);
        if (seq > known.seq) known = { ...known, seq };
        // Also of a server that syncs: a replica that lags may take its place.
        for (const again of call.again?.(reply, call) ?? [])
          written.note(seq, { call: again, now: int(reply[1]) });
        return reply;
      }
    }
    throw new BudgetError("store_unavailable", {
      message: "Redis came back from a restart and is not yet open: try again in a moment.",
      retryAfter: options.recoveryMs / 1000,
    });
  }

  return {
    open: async () => {
      if (known.state === "") await told(reopen());
    },
    run: (call) => told(run(call)),
    set: () => known.state.split("/", 1)[0] ?? "",
    close: () => {
      known = { state: "", seq: 0 };
      written.clear();
    },
  };
}

/** The client's and the server's own errors, in words that say what follows from them. */
async function told<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof BudgetError) throw error;
    const found = error instanceof Error ? error.message : String(error);
    throw unavailable(`Redis can't be reached, or refused a command (${found}).`, error);
  }
}

function shaOf(script: string): string {
  const sha = shas.get(script) ?? createHash("sha1").update(script).digest("hex");
  shas.set(script, sha);
  return sha;
}

function isNoScript(error: unknown): boolean {
  return error instanceof Error && error.message.startsWith("NOSCRIPT");
}
