/** The few methods that are called of whatever client the app brings. */

/** node-redis, or anything that sends a command and gives back its answer. */
export interface CommandClient {
  sendCommand(args: string[]): Promise<unknown>;
}

/** A cluster of node-redis, which is told the key that a command goes by. */
export interface ClusterClient {
  sendCommand(
    firstKey: string | undefined,
    isReadonly: boolean | undefined,
    args: string[],
  ): Promise<unknown>;
  getRandomNode(): unknown;
}

/** ioredis, or a cluster of it. */
export interface CallClient {
  call(command: string, args: string[]): Promise<unknown>;
}

/** A client that the app opened, and will close. */
export type RedisClient = CommandClient | ClusterClient | CallClient;

/** Sends one command; `key` says where to in a cluster. */
export type Send = (args: readonly string[], key?: string) => Promise<unknown>;

/** How to send a command through this client. */
export function sender(client: RedisClient): Send {
  // ioredis has a `sendCommand` too, which takes something else: `call` comes first.
  if ("call" in client) {
    return ([command = "", ...args]) => client.call(command, args);
  }
  if ("getRandomNode" in client) {
    return (args, key) => client.sendCommand(key, false, [...args]);
  }
  return (args) => client.sendCommand([...args]);
}

/** Tells a client from whatever else was passed. */
export function isClient(value: unknown): value is RedisClient {
  if (typeof value !== "object" || value === null) return false;
  return ["call", "sendCommand"].some((name) => typeof Reflect.get(value, name) === "function");
}
