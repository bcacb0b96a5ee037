/** What a server can forget, said once and by name. */
import type { OpenedSet } from "./data-set.ts";
import type { ReadOptions, RedisWarning } from "./options.ts";

/** What an operator should know about this server. */
export function warningsOf(
  { info, fsync }: OpenedSet,
  { wait }: ReadOptions,
): readonly RedisWarning[] {
  const facts = new Map([...info.matchAll(/^(\w+):([^\r\n]*)/gmu)].map(([, k, v]) => [k, v]));
  const found: RedisWarning[] = [];
  const say = (code: RedisWarning["code"], message: string) =>
    void found.push({ code, message: `assistants-budget: ${code}: ${message}` });

  if (facts.get("maxmemory_policy") === undefined)
    say(
      "ERR_AB_REDIS_POLICY_HIDDEN",
      "the server does not tell its maxmemory-policy. It must be noeviction: a counter that is evicted is a fresh budget.",
    );
  if (facts.get("aof_enabled") === "0")
    say(
      "ERR_AB_REDIS_NOT_KEPT",
      "appendonly is off: a crash or power cut forgets every charge since the last snapshot. Set `appendonly yes` and `appendfsync always`.",
    );
  else if (fsync === undefined)
    say(
      "ERR_AB_REDIS_CONFIG_HIDDEN",
      "the server does not let CONFIG be read, so nobody can tell whether writes are synced (`appendfsync always`). If they are not, a power cut forgets the last ones.",
    );
  else if (fsync !== "always")
    say(
      "ERR_AB_REDIS_NOT_SYNCED",
      `appendfsync is ${fsync}: a power cut forgets the last ${fsync === "everysec" ? "second or two" : "half minute or more"} of holds and charges. Set \`appendfsync always\`.`,
    );
  const replicas = Number(facts.get("connected_slaves") ?? 0);
  if (replicas > 0 && !wait)
    say(
      "ERR_AB_REDIS_REPLICAS_NOT_AWAITED",
      `the server has ${replicas} replica${replicas === 1 ? "" : "s"}: a fail-over forgets what had not reached the new primary. Set \`wait: { replicas: 1, timeoutMs: 500 }\`.`,
    );
  return found;
}
