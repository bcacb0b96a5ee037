import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { type ReserveReply, admit, claimAmount } from "@assistants-budget/core/store";
import { afterAll, beforeAll, describe, test } from "vitest";
import { testRedis } from "../../../test/servers/redis.ts";
import { redis } from "../src/index.ts";
import { lifetime, request } from "./requests.ts";
import { type OpenedClient, ioredis } from "./stores.ts";

/** The same numbers each time (mulberry32). */
function numbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

describe("the script's arithmetic", () => {
  let server: Awaited<ReturnType<typeof testRedis>>;
  let opened: OpenedClient;

  beforeAll(async () => {
    server = await testRedis();
    opened = await ioredis(server.url);
  }, 300_000);
  afterAll(async () => {
    await opened.close();
    await server.stop();
  });

  test("decides as the rules do, up to the last whole number of a double", async () => {
    const store = redis(opened.client, { prefix: `test-${randomUUID()}`, warn: () => {} });
    const random = numbers(2026);
    // As many of three digits as of sixteen.
    const any = (digits: number) =>
      Math.floor(random() * Math.min(2 ** 53, 10 ** Math.floor(random() * digits)));
    const cases = Array.from({ length: 5000 }, (_, i) => {
      const min = any(7);
      return {
        subject: `user-${i}`,
        limit: any(17),
        fixed: any(17),
        perOutput: any(13),
        min,
        max: min + any(15),
      };
    });
    const outcomes = await Promise.allSettled(
      cases.map(({ subject, limit, fixed, perOutput, min, max }) =>
        store.reserve({
          ...request(0, 0),
          output: { min, max },
          claims: [{ ...lifetime(subject), limit, cap: limit, fixed, perOutput }],
        }),
      ),
    );
    const seen = new Set<string>();
    for (const [i, { limit, fixed, perOutput, min, max }] of cases.entries()) {
      const outcome = outcomes[i];
      assert.ok(outcome?.status === "fulfilled", JSON.stringify(cases[i]));
      const reply: ReserveReply = outcome.value;
      const told = JSON.stringify([cases[i], reply]);
      const verdict = admit([{ limit, spent: 0, held: 0, fixed, perOutput }], { min, max });
      seen.add(`${reply.kind} ${limit > 9e12}`);
      if (verdict.ok) {
        assert.ok(reply.kind === "held" && reply.outputTokens === verdict.outputTokens, told);
        assert.equal(reply.windows[0]?.held, claimAmount({ fixed, perOutput }, reply.outputTokens));
      } else {
        assert.ok(reply.kind === "refused", told);
        assert.deepEqual(reply.fits, verdict.fits, told);
      }
    }
    assert.equal(seen.size, 4);
  });
});
