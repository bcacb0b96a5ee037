import { BudgetError } from "@assistants-budget/core/store";
import { isClient } from "./client.ts";

/** Something about the server that the operator should know; said once. */
export interface RedisWarning {
  /** Permanent; the README has a line for each. */
  readonly code: `ERR_AB_REDIS_${string}`;
  readonly message: string;
}

export interface RedisOptions {
  /** What every key begins with, in braces: one budget, one slot of a cluster. Default `assistants-budget`. */
  readonly prefix?: string;
  /**
   * How long counters are kept after their window's end, and holds after their own: so long a
   * repeated settle is recognised and an assumed charge can be corrected. Default 30 days.
   */
  readonly keepMs?: number;
  /** Waits after each write until so many replicas have it, and fails where they don't in time. Not in a cluster. */
  readonly wait?: { readonly replicas: number; readonly timeoutMs: number };
  /**
   * A scope of the app, mostly `tenant`: all that is a tenant's own lies under a tag of its own, and
   * so in a slot of its own of a cluster. Limits that tenants share (`app`, `route`) lie under the
   * main tag, which leases slices of them to the others. A user belongs to one tenant. Stays what it
   * was when the budget began. Default: one tag for all. Not with `wait`.
   */
  readonly tagBy?: string;
  /** Whether an empty server gets a new data set. Default true; false refuses it, so that a lost data set is never taken for a new one. */
  readonly create?: boolean;
  /**
   * How long reserves wait after a server came back that may have forgotten something, while living
   * processes bring back what they know. Default 3 seconds.
   */
  readonly recoveryMs?: number;
  /** Told once what a power cut or a fail-over can forget. Default `process.emitWarning`. */
  readonly warn?: (warning: RedisWarning) => void;
  /** Epoch ms; for tests. Default: the server's own clock. */
  readonly clock?: () => number;
}

export type ReadOptions = Required<Omit<RedisOptions, "wait" | "clock" | "tagBy">> &
  Pick<RedisOptions, "wait" | "clock" | "tagBy">;

const DAY_MS = 86_400_000;

/** Scopes that are in one tag as they are, or in all. */
const OWN_OR_SHARED: ReadonlySet<string> = new Set(["user", "thread", "run", "app", "route"]);

/** Defaults, and what is wrong. */
export function readOptions(client: unknown, options: RedisOptions): ReadOptions {
  const read = {
    prefix: "assistants-budget",
    keepMs: 30 * DAY_MS,
    create: true,
    recoveryMs: 3000,
    warn: ({ code, message }: RedisWarning) => process.emitWarning(message, { code }),
    ...options,
  };
  if (!isClient(client))
    refuse("client", typeof client, "a client of node-redis or ioredis, or { sendCommand }");
  if (read.prefix === "" || /[{}]/u.test(read.prefix))
    refuse("prefix", read.prefix, "a text without braces");
  if (!wholeFrom(1, read.keepMs)) refuse("keepMs", read.keepMs, "a whole number of ms from 1 on");
  if (!wholeFrom(0, read.recoveryMs))
    refuse("recoveryMs", read.recoveryMs, "a whole number of ms from 0 on");
  const { wait } = read;
  if (wait && !(wholeFrom(1, wait.replicas) && wholeFrom(1, wait.timeoutMs)))
    refuse("wait", JSON.stringify(wait), "whole numbers from 1 on: { replicas, timeoutMs }");
  if (wait && isClient(client) && ("nodes" in client || "getRandomNode" in client))
    refuse("wait", JSON.stringify(wait), "nothing with a cluster, which has no WAIT by key");
  const { tagBy } = read;
  if (tagBy !== undefined && (tagBy === "" || OWN_OR_SHARED.has(tagBy) || !/^[\w-]+$/u.test(tagBy)))
    refuse("tagBy", tagBy, "a scope of the app's own, such as tenant");
  if (tagBy !== undefined && wait)
    refuse("tagBy", tagBy, "nothing with `wait`, which can't be asked for of a slice");
  return read;
}

function wholeFrom(least: number, value: number): boolean {
  return Number.isSafeInteger(value) && value >= least;
}

function refuse(option: string, found: string | number, allowed: string): never {
  const message = `redis(): ${option} is ${found}; allowed is ${allowed}.`;
  throw new BudgetError("invalid_options", { message });
}
