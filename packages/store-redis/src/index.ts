export type { CallClient, ClusterClient, CommandClient, RedisClient } from "./client.ts";
export type { RedisOptions, RedisWarning } from "./options.ts";
export { redis } from "./redis.ts";
