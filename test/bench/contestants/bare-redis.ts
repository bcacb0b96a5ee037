/** Redis without a library. */
import { SPENT, claimsOf, subjectsOf } from "../requests.ts";
import { openRedis } from "./stores.ts";

/** The least that counting can be: one command. */
export function incrby(url: string): () => Promise<unknown> {
  const client = openRedis(url);
  let turn = 0;
  return () => client.incrby(`bare-${subjectsOf((turn += 1)).user}`, SPENT);
}

/** Look at five counters, then add to five: between the two everybody else looks, too. */
export function getThenIncrby(url: string): () => Promise<unknown> {
  const client = openRedis(url);
  const today = new Date();
  let turn = 0;
  return async () => {
    const claims = claimsOf(subjectsOf((turn += 1)), today);
    const keys = claims.map(({ family, start }) => `naive-${family}-${start}`);
    const spent = await Promise.all(keys.map((key) => client.get(key)));
    if (spent.some((amount, i) => Number(amount) + SPENT > (claims[i]?.limit ?? 0)))
      throw new Error("refused");
    await Promise.all(keys.map((key) => client.incrby(key, SPENT)));
  };
}
