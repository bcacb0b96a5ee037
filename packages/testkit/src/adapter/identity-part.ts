import assert from "node:assert/strict";
import { costNothing, payers } from "./books.ts";
import { chatted, type Sent } from "./client.ts";
import { refusal } from "./refusal.ts";
import { failing } from "./routes.ts";
import type { Part, Scene } from "./scene.ts";
import { NOBODIES } from "./sign-in.ts";

const ONE = { limits: { user: "1 run/day" } } as const;

/** What somebody sends who would rather have somebody else pay. */
const CLAIMS: Readonly<Record<string, Sent & { readonly query?: string }>> = {
  "a header": {
    headers: {
      "x-user-id": "bob",
      "x-user": "bob",
      "x-forwarded-user": "bob",
      "remote-user": "bob",
    },
  },
  "a header with the name of a place": { headers: { user: "bob", auth: "bob", state: "bob" } },
  "an Authorization header": { headers: { authorization: `Basic ${btoa("bob:secret")}` } },
  "a cookie": { headers: { cookie: "user=bob; id=bob; session=bob" } },
  "an address": { headers: { "x-forwarded-for": "10.0.0.9", "x-real-ip": "10.0.0.9" } },
  "a body": { body: { user: { id: "bob" }, userId: "bob", sub: "bob", id: "bob" } },
  "a query": { query: "?user=bob&id=bob&userId=bob&user[id]=bob" },
};

const TENANT = Promise.resolve({ id: 7, tenant: "shop" });

const POLLUTION =
  '{"__proto__":{"user":{"id":"bob"},"id":"bob"},"constructor":{"prototype":{"id":"bob"}}}';

const chat = ({ post }: Scene, { query = "", ...sent }: Sent & { readonly query?: string }) =>
  post(`/chat${query}`, sent);

/** Whose budget it is: never what a client says of itself. */
export const identityPart: Part = {
  name: "identity",
  tests: (test) => {
    test("the user is whoever the framework's sign-in says", async ({ start }) => {
      const scene = await start();
      assert.deepEqual(await (await scene.ask("GET", "/me")).json(), { user: { id: "alice" } });
      await chatted(await scene.post("/chat"));
      assert.deepEqual(await payers(scene), ["alice"]);
    });

    for (const [where, claim] of Object.entries(CLAIMS))
      test(`a claim to be somebody else in ${where} never changes who pays`, async ({ start }) => {
        const scene = await start({ options: ONE });
        const nobody = await chat(scene, { ...claim, user: null });
        await refusal(nobody, { code: "identity_required", status: 401 });
        await costNothing(scene);
        await chatted(await chat(scene, claim));
        const expected = { code: "budget_exceeded", status: 402, retryAfter: 86_400 };
        await refusal(await chat(scene, claim), expected);
        assert.deepEqual(await payers(scene), ["alice"]);
      });

    test("a claim in a prototype never changes who pays", async ({ start }) => {
      const scene = await start();
      // Some frameworks refuse such a body by themselves.
      const nobody = await scene.post("/chat", { user: null, body: POLLUTION });
      assert.ok([400, 401].includes(nobody.status), `found ${nobody.status}`);
      const alice = await scene.post("/chat", { body: POLLUTION });
      assert.ok([200, 400].includes(alice.status), `found ${alice.status}`);
      assert.ok((await payers(scene)).every((user) => user === "alice"));
      assert.equal((await scene.post("/chat", { user: null })).status, 401);
    });

    test("an id that is a number, a bigint or its text is one user", async ({ start }) => {
      const scene = await start({ options: ONE });
      await chatted(await scene.post("/chat", { user: "42" }));
      for (const user of ["42", "42 as text", "42 as bigint"])
        assert.equal((await scene.post("/chat", { user })).status, 402, user);
      assert.deepEqual(await payers(scene), ["42"]);
    });

    test("a sign-in that names nobody is nobody", async ({ start }) => {
      const scene = await start();
      for (const session of NOBODIES) {
        const refused = await scene.post("/chat", { user: session.replace("session of ", "") });
        assert.equal(refused.status, 401, session);
      }
      await costNothing(scene);
    });

    test("somebody else's thread is a 404, and stays as it was", async ({ start }) => {
      const scene = await start();
      const { thread } = await chatted(await scene.post("/chat"));
      const items = await scene.store.items({ thread, user: "alice" });
      const refused = await scene.post("/chat", { user: "bob", body: { thread } });
      await refusal(refused, { code: "thread_not_found", status: 404 });
      assert.deepEqual(await scene.store.items({ thread, user: "alice" }), items);
      assert.deepEqual(await payers(scene), ["alice"]);
    });

    test("`identify` has the last word, and may name a tenant", async ({ start }) => {
      const limits = { user: "$1", tenant: "1 run/day" } as const;
      const scene = await start({ options: { identify: () => TENANT, limits } });
      await chatted(await scene.post("/chat"));
      assert.equal((await scene.post("/chat", { user: "bob" })).status, 503);
      assert.deepEqual(await payers(scene), ["7"]);
    });

    test("`identify` that gives nobody is nobody, whoever is signed in", async ({ start }) => {
      for (const nobody of [null, undefined, ""]) {
        const scene = await start({ options: { identify: () => nobody } });
        const refused = await scene.post("/chat");
        await refusal(refused, { code: "identity_required", status: 401 });
        await costNothing(scene);
      }
    });

    test("`identify` that fails fails the request, as the app's own error", async ({
      start,
      teapot,
    }) => {
      const error = teapot();
      const identify = () => Promise.reject(error);
      const scene = await start({
        options: { identify },
        routes: [{ method: "post", path: "/teapot", handler: failing(error) }],
      });
      const [run, own] = [await scene.post("/chat"), await scene.post("/teapot")];
      assert.equal(run.status, own.status);
      assert.doesNotMatch(run.headers.get("content-type") ?? "", /problem/);
      await costNothing(scene);
    });
  },
};
