/** Clients of each kind, and stores for the suite, each under a prefix of its own. */
import { randomUUID } from "node:crypto";
import { createConnection } from "node:net";
import { type OpenedStore, type StoreHarness, testClock } from "@assistants-budget/testkit";
import { Redis } from "ioredis";
import { createClient } from "redis";
import { type RedisClient, type RedisOptions, redis } from "../src/index.ts";

export interface OpenedClient {
  readonly client: RedisClient;
  readonly close: () => Promise<void>;
}

/** node-redis speaks RESP3 by default. */
export async function nodeRedis(url: string): Promise<OpenedClient> {
  const client = createClient({ url });
  client.on("error", () => {});
  await client.connect();
  return { client, close: async () => client.destroy() };
}

export async function ioredis(url: string): Promise<OpenedClient> {
  const client = new Redis(url, { lazyConnect: true });
  client.on("error", () => {});
  await client.connect();
  return { client, close: async () => client.disconnect() };
}

/** No client at all: a socket, and RESP2 written by hand. */
export async function bare(url: string): Promise<OpenedClient> {
  const { hostname, port } = new URL(url);
  const socket = createConnection({ host: hostname, port: Number(port) });
  const waiting: ((reply: unknown) => void)[] = [];
  let left = Buffer.alloc(0);
  socket.on("data", (data) => {
    left = Buffer.concat([left, data]);
    for (let read = parse(left, 0); read; read = parse(left, 0)) {
      left = left.subarray(read.next);
      waiting.shift()?.(read.value);
    }
  });
  await new Promise((resolve) => socket.once("connect", resolve));
  const sendCommand = (args: string[]): Promise<unknown> =>
    new Promise((resolve, reject) => {
      waiting.push((reply) => (reply instanceof Error ? reject(reply) : resolve(reply)));
      const parts = args.map((arg) => `$${Buffer.byteLength(arg)}\r\n${arg}\r\n`);
      socket.write(`*${args.length}\r\n${parts.join("")}`);
    });
  return { client: { sendCommand }, close: async () => void socket.destroy() };
}

interface Parsed {
  readonly value: unknown;
  readonly next: number;
}

function parse(bytes: Buffer, from: number): Parsed | undefined {
  const end = bytes.indexOf("\r\n", from);
  if (end < 0) return undefined;
  const line = bytes.toString("utf8", from + 1, end);
  const start = end + 2;
  switch (String.fromCodePoint(bytes[from] ?? 0)) {
    case "+":
      return { value: line, next: start };
    case "-":
      return { value: new Error(line), next: start };
    case ":":
      return { value: Number(line), next: start };
    case "$": {
      if (line === "-1") return { value: null, next: start };
      const next = start + Number(line);
      if (bytes.length < next + 2) return undefined;
      return { value: bytes.toString("utf8", start, next), next: next + 2 };
    }
    default: {
      const value: unknown[] = [];
      let next = start;
      for (let i = 0; i < Number(line); i += 1) {
        const one = parse(bytes, next);
        if (!one) return undefined;
        value.push(one.value);
        ({ next } = one);
      }
      return { value, next };
    }
  }
}

interface OpenedRedis extends OpenedStore {
  readonly prefix: string;
}

/** Empty stores on one client, and the same again as a new process would open them. */
export function harness(
  client: () => RedisClient,
  options: RedisOptions = {},
): StoreHarness<OpenedRedis> {
  function openAt(prefix: string, clock = testClock()): OpenedRedis {
    const store = redis(client(), { prefix, clock: clock.now, warn: () => {}, ...options });
    return { store, clock, prefix, close: () => store.close() };
  }
  return {
    open: async () => openAt(`test-${randomUUID()}`),
    reopen: async ({ store, clock, prefix }) => {
      await store.close();
      return openAt(prefix, clock);
    },
  };
}
