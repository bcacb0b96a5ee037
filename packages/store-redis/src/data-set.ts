/** Opening the data set on the server: what is wrong with either is said by name, and nothing is read as zero. */
import { randomUUID } from "node:crypto";
import { BudgetError } from "@assistants-budget/core/store";
import type { Send } from "./client.ts";
import { OPEN } from "./lua/open.ts";
import type { ReadOptions } from "./options.ts";
import { int, list, text } from "./replies.ts";

/** The newest layout of the keys: 2 is that of tags, which older versions of this package don't know. */
const VERSION = "2";

/** What a process knows of the data set. */
export interface Known {
  /** The data set's name and generation; empty before the first opening. */
  readonly state: string;
  /** How many writes were seen acknowledged. */
  readonly seq: number;
}

export interface OpenedSet extends Known {
  /** For so many ms more no reserve is answered: living processes are bringing back what they know. */
  readonly waitMs: number;
  /** What the server says of itself; empty where it does not. */
  readonly info: string;
  /** `appendfsync`, where the server tells. */
  readonly fsync: string | undefined;
  /** What was written up to here, none of the generations since this process's own has forgotten. */
  readonly from: number;
}

export async function openSet(
  send: Send,
  set: { readonly key: string; readonly known: Known; readonly options: ReadOptions },
): Promise<OpenedSet> {
  const { key, known, options } = set;
  const fsync = await setting(send, "appendfsync");
  const args = [
    known.state,
    String(known.seq),
    randomUUID(),
    options.create ? "1" : "0",
    fsync ?? "",
    String(options.wait?.replicas ?? 0),
    String(options.recoveryMs),
    VERSION,
    options.tagBy ?? "",
  ];
  const [kind, found, ...rest] = list(await send(["EVAL", OPEN, "1", key, ...args], key));
  switch (text(kind)) {
    case "old":
      // Older servers keep scripts over a restart, which then goes unseen.
      throw unavailable(`Redis is ${text(found)}; the store needs 7.0 or later, or Valkey.`);
    case "evicts":
      throw unavailable(
        `Redis may evict budgets: maxmemory-policy is ${text(found)}. ` +
          "A counter that is evicted would be a fresh budget: set `maxmemory-policy noeviction`, or use a server of its own.",
      );
    case "newer":
      throw unavailable(
        `Redis holds a data set of a newer assistants-budget (layout ${text(found)}; this version knows ${VERSION}). ` +
          "Update @assistants-budget/store-redis, or choose another prefix. The data was left as it was.",
      );
    case "tags":
      throw otherTags(options.tagBy, text(found), key);
    case "lost":
      throw lost(known, text(found), key);
  }
  const [seq, waitMs, info, from] = rest;
  return {
    state: text(found),
    seq: int(seq),
    waitMs: int(waitMs),
    info: text(info),
    fsync,
    from: int(from),
  };
}

/** The same user would count in two places. */
function otherTags(asked: string | undefined, found: string, key: string): BudgetError {
  return unavailable(
    `Redis has a data set with ${tagsBy(found)} at ${key}, and \`tagBy\` asks for ${tagsBy(asked ?? "")}. ` +
      "A budget keeps the tags that it began with: set the same `tagBy` in all processes, or choose another prefix. The data was left as it was.",
  );
}

function tagsBy(scope: string): string {
  return scope === "" ? "no tags" : `a tag a ${scope}`;
}

/** A setting of the server, where it may be asked for. */
async function setting(send: Send, name: string): Promise<string | undefined> {
  try {
    const reply = await send(["CONFIG", "GET", name]);
    // RESP2 answers a list, RESP3 a map, which clients give back as one or the other.
    const value: unknown = Array.isArray(reply)
      ? reply[1]
      : reply instanceof Map
        ? reply.get(name)
        : Reflect.get(Object(reply), name);
    return typeof value === "string" ? value : undefined;
  } catch {
    return undefined;
  }
}

/** More was forgotten than this process remembers. */
export function beyondJournal(known: Known, from: number): BudgetError {
  return unavailable(
    `Redis has forgotten writes since number ${from} of ${known.seq}, more than this process remembers. ` +
      "Nothing is read as unspent: restore a backup, or restart the app's processes to accept the loss.",
  );
}

function lost(known: Known, found: string, key: string): BudgetError {
  if (known.state === "") {
    return unavailable(
      `Redis has no data set at ${key}, and \`create\` is false. ` +
        "If it was lost, restore a backup; if there never was one, open it once with `create: true`.",
    );
  }
  return unavailable(
    `Redis has lost its data: ${found === "" ? `${key} is gone` : `${key} is another data set (${found})`}, where ${known.state} was with ${known.seq} writes. ` +
      "Nothing is read as unspent: restore a backup, or restart the app's processes to begin with empty budgets.",
  );
}

export function unavailable(message: string, cause?: unknown): BudgetError {
  return new BudgetError("store_unavailable", { message, cause });
}
