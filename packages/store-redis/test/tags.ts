/** Steps of several tenants under one limit, and what their slices stand at, read as the keys have it. */
import { randomUUID } from "node:crypto";
import type { ReserveRequest, WindowAt, WindowClaim } from "@assistants-budget/core/store";
import { type CallClient, type RedisOptions, redis } from "../src/index.ts";
import { request } from "./requests.ts";

/** A window that all tenants share. */
export function app(period = "lifetime", unit: WindowAt["unit"] = "usd"): WindowAt {
  const family = `app|${unit}|${period}|app`;
  const stretch = { zone: "UTC", start: 0, end: 8.64e15 };
  return { family, scope: "app", subject: "app", unit, period, ...stretch };
}

export function claimOf(window: WindowAt, takes: number, limit: number | null): WindowClaim {
  return { ...window, limit, cap: limit, fixed: takes * 1000, perOutput: 0 };
}

export interface Step {
  readonly tenant: string;
  readonly takes: number;
  readonly limit: number;
  readonly user?: string;
  readonly hold?: string;
}

/** A step that takes so much of the app's limit. */
export function step({ tenant, takes, limit, user, hold }: Step): ReserveRequest {
  const plain = request(takes, limit, hold ?? randomUUID());
  const facts = { ...plain.facts, user: user ?? `user of ${tenant}`, subjects: { tenant } };
  return { ...plain, facts, subjects: [], claims: [claimOf(app(), takes, limit)] };
}

export function tagged(client: CallClient, prefix: string, options: RedisOptions = {}) {
  return redis(client, { prefix, tagBy: "tenant", warn: () => {}, ...options });
}

export interface SliceSums {
  readonly tag: string;
  /** As the main has it. */
  readonly lent: number;
  /** As the tag has it: what it may still grant and what it has granted. */
  readonly has: number;
}

/** The slices of the app's window at the main, and beside each what its tag has. */
export async function slicesOf(client: CallClient, prefix: string): Promise<readonly SliceSums[]> {
  const { family } = app();
  const all = await texts(client, "HGETALL", `{${prefix}}:lent:0:${family}`);
  const sums: SliceSums[] = [];
  for (let i = 0; i < all.length; i += 2) {
    const [tag = "", , limit] = (all[i] ?? "").split("\u0001");
    const [taken = 0, back = 0] = (all[i + 1] ?? "").split(" ").map(Number);
    const slice = `slice|usd|lifetime|${limit}/0/${family}`;
    const kept = await texts(client, "HMGET", `{${prefix}{${tag}}:slice:${slice}`, "taken", "back");
    sums.push({ tag, lent: taken - back, has: Number(kept[0] ?? 0) - Number(kept[1] ?? 0) });
  }
  return sums;
}

async function texts(client: CallClient, command: string, ...args: string[]): Promise<string[]> {
  const reply = await client.call(command, args);
  return Array.isArray(reply) ? reply.map((one) => (one === null ? "0" : String(one))) : [];
}

/** The same numbers each time (mulberry32). */
export function numbers(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed);
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * below);
  };
}
