import assert from "node:assert/strict";
import { costNothing, sameBooks } from "./books.ts";
import { chatted, statuses } from "./client.ts";
import type { Route } from "./harness.ts";
import { at, listAt } from "./json.ts";
import { refusal } from "./refusal.ts";
import { hello } from "./routes.ts";
import type { Part } from "./scene.ts";

/** A guarded route, and how often its handler ran. */
function exporting(guard: Route["guard"] = {}) {
  let handled = 0;
  const route: Route = {
    method: "post",
    path: "/export",
    guard,
    handler: { kind: "json", answer: () => ({ handled: (handled += 1) }) },
  };
  return { route, handled: () => handled };
}

/** These fields of each balance. */
async function seenIn(response: Response, fields: readonly string[]) {
  const balances = listAt(await response.json(), "balances");
  return balances.map((balance) => fields.map((field) => at(balance, field)));
}

/** Refusing before the handler runs, and the user's own view. */
export const guardPart: Part = {
  name: "guard and balances",
  tests: (test) => {
    test("a guard lets pass whoever has money, and holds nothing", async ({ start }) => {
      const { route, handled } = exporting();
      const scene = await start({ options: { limits: { user: "1 run/day" } }, routes: [route] });
      const passed = await Promise.all([1, 2, 3].map(() => scene.post("/export")));
      assert.deepEqual(statuses(passed), [200]);
      assert.equal(handled(), 3);
      await costNothing(scene);
    });

    test("a guard refuses before the handler runs", async ({ start }) => {
      const { route, handled } = exporting();
      const scene = await start({ options: { limits: { user: "1 run/day" } }, routes: [route] });
      await chatted(await scene.post("/chat"));
      const expected = { code: "budget_exceeded", status: 402, retryAfter: 86_400 };
      await refusal(await scene.post("/export"), expected);
      assert.equal(handled(), 0);
      assert.equal(scene.simulator.requests().length, 1);
    });

    test("a guard has a policy of its own", async ({ start }) => {
      const { route, handled } = exporting({ limits: { run: "$0.0000001" } });
      const { post } = await start({ routes: [route] });
      await refusal(await post("/export"), { code: "run_exceeds_budget", status: 402 });
      assert.equal(handled(), 0);
      await chatted(await post("/chat"));
    });

    test("a guard refuses nobody in particular with 401", async ({ start }) => {
      const { route, handled } = exporting();
      const { post } = await start({ routes: [route] });
      const refused = await post("/export", { user: null });
      await refusal(refused, { code: "identity_required", status: 401 });
      assert.equal(handled(), 0);
    });

    test("a guard lets a preflight pass, which never carries a sign-in", async ({ start }) => {
      const preflight: Route = { method: "options", path: "/export", guard: {}, handler: hello };
      const scene = await start({ routes: [exporting().route, preflight] });
      const headers = {
        origin: "https://shop.example",
        "access-control-request-method": "POST",
      };
      assert.equal((await scene.ask("OPTIONS", "/export", { user: null, headers })).status, 200);
      await costNothing(scene);
    });

    test("balances are the user's own, as they stand, and never cached", async ({ start }) => {
      const scene = await start({
        options: { limits: { user: ["$1/day", "500k tokens/month"], app: "$5/day" } },
      });
      const { cost } = await chatted(await scene.post("/chat"));
      const tokens = (await sameBooks(scene))[0]?.charge.tokens;
      const response = await scene.ask("GET", "/me/budget");
      assert.equal(response.status, 200);
      assert.equal(response.headers.get("cache-control"), "no-store");
      assert.match(response.headers.get("content-type") ?? "", /^application\/json/);
      assert.deepEqual(await seenIn(response, ["scope", "subject", "unit", "limit", "spent"]), [
        ["user", "alice", "usd", "1.00", cost],
        ["user", "alice", "tokens", 500_000, tokens],
      ]);
      const bob = await scene.ask("GET", "/me/budget", { user: "bob" });
      assert.deepEqual(await seenIn(bob, ["subject", "spent"]), [
        ["bob", "0.00"],
        ["bob", 0],
      ]);
    });

    test("balances are nobody's without a sign-in", async ({ start }) => {
      const { ask } = await start();
      const refused = await ask("GET", "/me/budget", { user: null });
      await refusal(refused, { code: "identity_required", status: 401 });
    });
  },
};
