/** A process of its own that reserves and settles until it is refused, and says what it took. */
import { redis } from "../src/index.ts";
import { charge, request } from "./requests.ts";
import { nodeRedis } from "./stores.ts";

const [url = "", prefix = "", limit = ""] = process.argv.slice(2);
const { client, close } = await nodeRedis(url);
const store = redis(client, { prefix, warn: () => {} });

let taken = 0;
async function spend(): Promise<void> {
  for (;;) {
    const asked = request(7, Number(limit));
    if ((await store.reserve(asked)).kind !== "held") return;
    await store.settle(asked.hold, charge(5));
    taken += 5;
  }
}

await Promise.all(Array.from({ length: 16 }, spend));
await close();
process.send?.({ taken });
