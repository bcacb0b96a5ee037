import assert from "node:assert/strict";
import { DAY, charge, claim, day, lifetime, rolling } from "./requests.ts";
import { type Part, held, refused } from "./scene.ts";

/** Hold and call are sized together: the most output tokens that fit everywhere. */
export const fitPart: Part = {
  name: "fit",
  tests: (test) => {
    test("the most that fits everywhere is granted, and held", async (scene) => {
      const tokens = day({ unit: "tokens" });
      const claims = [
        claim(day(), { limit: 100, takes: 10, perToken: 3 }),
        claim(lifetime(), { limit: 1000, takes: 10, perToken: 3 }),
        claim(tokens, { limit: 28, takes: 4, perToken: 1 }),
      ];
      assert.equal(held(await scene.reserve({ claims, min: 1, max: 500 })).outputTokens, 24);
      await scene.stands(day(), 0, 82);
      await scene.stands(lifetime(), 0, 82);
      await scene.stands(tokens, 0, 28);
    });

    test("never more than was asked for", async ({ reserve, stands }) => {
      const claims = [claim(day(), { limit: 1_000_000, takes: 10, perToken: 3 })];
      assert.equal(held(await reserve({ claims, min: 1, max: 500 })).outputTokens, 500);
      await stands(day(), 0, 1510);
    });

    test("the least is granted where it just fits", async ({ reserve }) => {
      const claims = [claim(day(), { limit: 110, takes: 10, perToken: 10 })];
      assert.equal(held(await reserve({ claims, min: 10, max: 500 })).outputTokens, 10);
    });

    test("and refused where it just does not", async ({ reserve, stands }) => {
      const claims = [claim(day(), { limit: 109, takes: 10, perToken: 10 })];
      assert.deepEqual(refused(await reserve({ claims, min: 10, max: 500 })).fits, [9]);
      await stands(day(), 0, 0);
    });

    test("a refusal tells for each window what would fit there", async ({ reserve }) => {
      const claims = [
        claim(day(), { limit: 5, takes: 10, perToken: 1 }),
        claim(lifetime(), { limit: 30, takes: 10, perToken: 1 }),
        claim(rolling(DAY), { limit: 5000, takes: 10, perToken: 1 }),
        claim(day({ unit: "runs" }), { limit: 1, takes: 1 }),
        claim(lifetime({ scope: "app" }), { limit: null, takes: 10, perToken: 1 }),
      ];
      const reply = refused(await reserve({ claims, min: 20, max: 100 }));
      assert.deepEqual(reply.fits, [0, 20, 100, 100, 100]);
      assert.deepEqual(reply.refused, [0]);
    });

    test("what is spent and what is held leave less for the next", async (scene) => {
      const claims = [claim(day(), { limit: 100, perToken: 1 })];
      const first = await scene.hold({ claims, min: 30 });
      await scene.store.settle(first, charge(25));
      await scene.hold({ claims, min: 40 });
      assert.equal(held(await scene.reserve({ claims, min: 1, max: 100 })).outputTokens, 35);
      await scene.stands(day(), 25, 75);
    });

    test("parts of a unit are rounded up, never down", async ({ reserve, stands }) => {
      // 0.333 a token: 30 of them are 9.99, 31 would be 10.323.
      const claims = [{ ...claim(day(), { limit: 10 }), perOutput: 333 }];
      assert.equal(held(await reserve({ claims, min: 1, max: 100 })).outputTokens, 30);
      await stands(day(), 0, 10);
      refused(await reserve({ claims, min: 1, max: 100 }));
    });

    test("whatever the numbers, one token more would not have fitted", async (scene) => {
      for (const [i, [limit, takes, perOutput]] of [
        [997, 13, 1],
        [997, 13, 999],
        [997, 13, 1000],
        [997, 13, 1001],
        [1, 0, 7],
        [123_456_789, 1_000_003, 77_777],
      ].entries()) {
        const window = day({ subject: `user-${i}` });
        const one = {
          ...claim(window, { limit: limit ?? 0, takes: takes ?? 0 }),
          perOutput: perOutput ?? 0,
        };
        const cost = (tokens: number) => Math.ceil((one.fixed + one.perOutput * tokens) / 1000);
        const { outputTokens, windows } = held(await scene.reserve({ claims: [one], max: 1e9 }));
        assert.equal(windows[0]?.held, cost(outputTokens));
        assert.ok(cost(outputTokens) <= (limit ?? 0) && cost(outputTokens + 1) > (limit ?? 0));
      }
    });
  },
};
