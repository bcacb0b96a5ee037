import assert from "node:assert/strict";
import type { Balance } from "@assistants-budget/core";
import { chatted } from "./client.ts";
import type { Part } from "./scene.ts";

/** The headers of a response that tell of the budget. */
function told(response: Response): Readonly<Record<string, string>> {
  return Object.fromEntries([...response.headers].filter(([name]) => name.startsWith("budget-")));
}

const FOUR = { limits: { user: "4 runs/day", thread: "$1", run: "$1" } } as const;

function failing(): never {
  throw new Error("no mail today");
}

/** What callers may see of their own budget, where the app lets them. */
export const selfServicePart: Part = {
  name: "headers and warnings",
  tests: (test) => {
    test("no answer tells of money unless the app asks for it", async ({ start }) => {
      const { post, ask } = await start({ options: FOUR });
      assert.deepEqual(told(await post("/chat")), {});
      assert.deepEqual(told(await ask("GET", "/me/budget")), {});
    });

    test("`headers: 'percent'` tells what is left of the caller's nearest limit", async ({
      start,
    }) => {
      const { post, ask } = await start({ options: { ...FOUR, headers: "percent" } });
      const seen = told(await post("/chat"));
      assert.equal(seen["budget-window"], "user-day");
      assert.equal(seen["budget-remaining"], "75");
      assert.match(seen["budget-reset"] ?? "", /^\d{4}-\d\d-\d\dT00:00:00Z$/);
      assert.deepEqual(Object.keys(seen).toSorted(), [
        "budget-remaining",
        "budget-reset",
        "budget-window",
      ]);
      assert.deepEqual(told(await ask("GET", "/me/budget")), seen);
    });

    test("`headers: 'amounts'` tells the limit and what is left of it", async ({ start }) => {
      const { post } = await start({ options: { ...FOUR, headers: "amounts" } });
      const { "budget-limit": limit, "budget-left": left } = told(await post("/chat"));
      assert.deepEqual([limit, left], ["4 runs", "3 runs"]);
    });

    test("headers never tell of what is shared with others", async ({ start }) => {
      const limits = { ...FOUR.limits, app: "2 runs/day" } as const;
      const { post } = await start({ options: { limits, headers: "amounts" } });
      assert.equal(told(await post("/chat"))["budget-window"], "user-day");
    });

    test("routes that never touch the assistants carry no headers", async ({ start }) => {
      const { ask } = await start({ options: { ...FOUR, headers: "amounts" } });
      assert.deepEqual(told(await ask("GET", "/hello")), {});
    });

    test("`onWarning` is told after a run that leaves little, with the window", async ({
      start,
    }) => {
      const warned: Balance[] = [];
      const onWarning = (balance: Balance) => void warned.push(balance);
      const { post } = await start({ options: { ...FOUR, onWarning, warnAt: 0.75 } });
      for (let i = 0; i < 2; i++) await chatted(await post("/chat"));
      assert.deepEqual(warned, []);
      await chatted(await post("/chat"));
      assert.deepEqual(
        warned.map(({ scope, subject, usedPercent }) => [scope, subject, usedPercent]),
        [["user", "alice", 75]],
      );
    });

    test("`onWarning` that throws takes nothing from the run", async ({ start }) => {
      const { post, logged } = await start({
        options: { ...FOUR, onWarning: failing, warnAt: 0.1 },
      });
      await chatted(await post("/chat"));
      await chatted(await post("/chat"));
      const failed = logged.warn.filter((line) => /ERR_AB_ON_WARNING_FAILED/.test(line));
      assert.equal(failed.length, 1);
    });
  },
};
