import assert from "node:assert/strict";
import type { PolicyOptions } from "@assistants-budget/core";
import { costNothing } from "./books.ts";
import { chatted } from "./client.ts";
import type { Route } from "./harness.ts";
import { at } from "./json.ts";
import { refusal } from "./refusal.ts";
import { chat } from "./routes.ts";
import type { Part } from "./scene.ts";

const route = (path: string, policy: PolicyOptions): Route => ({
  method: "post",
  path,
  policy,
  handler: chat,
});

/** A route's own policy: it narrows, and never raises. */
export const policiesPart: Part = {
  name: "policies",
  tests: (test) => {
    test("a route's policy lowers the user's limit on that route", async ({ start }) => {
      const { post } = await start({
        options: { limits: { user: "3 runs/day" } },
        routes: [route("/less", { limits: { user: "1 run/day" } })],
      });
      await chatted(await post("/less"));
      assert.equal((await post("/less")).status, 402);
      await chatted(await post("/chat"));
    });

    test("a route's policy never raises a limit: not by a higher one, not by leaving it out", async ({
      start,
    }) => {
      const { post } = await start({
        options: { limits: { user: "1 run/day" } },
        routes: [
          route("/more", { limits: { user: "99 runs/day" } }),
          route("/other", { limits: { run: "$1" } }),
        ],
      });
      await chatted(await post("/more"));
      for (const path of ["/more", "/other", "/chat"])
        assert.equal((await post(path)).status, 402, path);
    });

    test("two routes share the user's counter", async ({ start }) => {
      const { post } = await start({
        options: { limits: { user: "3 runs/day" } },
        routes: [
          route("/one", { limits: { user: "2 runs/day" } }),
          route("/two", { limits: { user: "2 runs/day" } }),
        ],
      });
      await chatted(await post("/one"));
      await chatted(await post("/two"));
      assert.equal((await post("/one")).status, 402);
      assert.equal((await post("/two")).status, 402);
      await chatted(await post("/chat"));
      assert.equal((await post("/chat")).status, 402);
    });

    test("the policy of one request says nothing of the next", async ({ start }) => {
      const { post } = await start({
        routes: [route("/none", { limits: { user: "0 runs/day" } })],
      });
      assert.equal((await post("/none")).status, 402);
      await chatted(await post("/chat"));
      assert.equal((await post("/none")).status, 402);
    });

    test("a route's model and caps reach the provider", async ({ start }) => {
      const { post, simulator } = await start({
        routes: [route("/deep", { model: "gpt-4.1", maxOutputTokens: 700 })],
      });
      await chatted(await post("/deep"));
      const [asked] = simulator.requests();
      const [model, most] = [at(asked?.body, "model"), at(asked?.body, "max_output_tokens")];
      assert.deepEqual([model, most], ["gpt-4.1", 700]);
    });

    test("a policy that overrides raises what holds outside, on its route alone", async ({
      start,
    }) => {
      const { post } = await start({
        options: { limits: { user: "1 run/day", run: "$1" } },
        routes: [route("/more", { limits: { user: "3 runs/day" }, override: true })],
      });
      for (const path of ["/more", "/more", "/more"]) await chatted(await post(path));
      for (const path of ["/more", "/chat"]) assert.equal((await post(path)).status, 402, path);
    });

    test("a policy that overrides keeps what it does not name", async ({ start }) => {
      const { post } = await start({
        options: { limits: { user: ["1 run/day", "2 runs/month"], run: "$1" } },
        routes: [route("/more", { limits: { user: "9 runs/day" }, override: true })],
      });
      await chatted(await post("/more"));
      await chatted(await post("/more"));
      assert.equal((await post("/more")).status, 402);
    });

    test("a policy of a router narrows all its routes, and theirs narrow within it", async ({
      start,
    }) => {
      const router = { path: "/trial", policy: { limits: { user: "2 runs/day" } } } as const;
      const { post } = await start({
        options: { limits: { user: "4 runs/day" } },
        routes: [
          { ...route("/chat", {}), router },
          { ...route("/less", { limits: { user: "1 run/day" } }), router },
          { ...route("/more", { limits: { user: "3 runs/day" } }), router },
        ],
      });
      await chatted(await post("/trial/less"));
      assert.equal((await post("/trial/less")).status, 402);
      await chatted(await post("/trial/chat"));
      for (const path of ["/trial/chat", "/trial/more"])
        assert.equal((await post(path)).status, 402, path);
      await chatted(await post("/chat"));
    });

    test("a route within a router may override what the router narrows", async ({ start }) => {
      const router = { path: "/trial", policy: { limits: { user: "1 run/day" } } } as const;
      const more = { limits: { user: "2 runs/day" }, override: true } as const;
      const { post } = await start({
        options: { limits: { user: "9 runs/day" } },
        routes: [
          { ...route("/chat", {}), router },
          { ...route("/more", more), router },
        ],
      });
      await chatted(await post("/trial/chat"));
      assert.equal((await post("/trial/chat")).status, 402);
      await chatted(await post("/trial/more"));
      assert.equal((await post("/trial/more")).status, 402);
    });

    test("a router can't override: no route raises a cap by accident", async ({ start }) => {
      const policy = { limits: { user: "99 runs/day" }, override: true } as const;
      const { handler, method, path } = route("/chat", {});
      let scene;
      try {
        scene = await start({
          routes: [{ handler, method, path, router: { path: "/loose", policy } }],
        });
      } catch (error) {
        // Where the framework can tell when the app is built, it does not start.
        assert.equal(at(error, "code"), "invalid_options");
        return;
      }
      const refused = await scene.post("/loose/chat");
      await refusal(refused, { code: "invalid_options", status: 500 });
      await costNothing(scene);
    });

    test("limits may be a function of who asks: plans", async ({ start }) => {
      const plans = { pro: "2 runs/day", free: "1 run/day" } as const;
      const { post } = await start({
        options: {
          identify: () => ({ id: "alice", plan: "pro" }),
          limits: ({ plan }) => ({ user: plan === "pro" ? plans.pro : plans.free }),
        },
      });
      await chatted(await post("/chat"));
      await chatted(await post("/chat"));
      assert.equal((await post("/chat")).status, 402);
    });

    test("where nobody can say what the limits are, nothing is spent", async ({ start }) => {
      const scene = await start({
        options: {
          limits: () => {
            throw new Error("the plan's server is away");
          },
        },
      });
      await refusal(await scene.post("/chat"), { code: "invalid_options", status: 500 });
      await costNothing(scene);
    });

    test("a route's own limit is shared by all users, and not shown to them", async ({ start }) => {
      const { post } = await start({
        routes: [route("/research", { name: "research", limits: { route: "1 run/day" } })],
      });
      await chatted(await post("/research"));
      const refused = await post("/research", { user: "bob" });
      const expected = { code: "app_budget_exhausted", status: 503, retryAfter: 86_400 };
      assert.ok(!("refused_by" in (await refusal(refused, expected))));
      await chatted(await post("/chat", { user: "bob" }));
    });
  },
};
