import assert from "node:assert/strict";
import { costNothing, payers } from "./books.ts";
import { chatted } from "./client.ts";
import { refusal } from "./refusal.ts";
import type { Part } from "./scene.ts";

const ONE = { limits: { user: "1 run/day" } } as const;
const NOBODY = { user: null } as const;
const UNKNOWN = { code: "identity_required", status: 401 } as const;
const NONE_SEEN = /ERR_AB_NO_IDENTITY_SEEN/;
const SECOND_ISSUER = /ERR_AB_SECOND_ISSUER/;

/** Those who are not signed in, and those who are by somebody else. */
export const anonymousPart: Part = {
  name: "anonymous callers and issuers",
  tests: (test, { places = true }) => {
    test("whoever is not signed in is refused, unless the app says otherwise", async ({
      start,
    }) => {
      const denied = await start({ options: { anonymous: "deny" } });
      await refusal(await denied.post("/chat", NOBODY), UNKNOWN);
      await costNothing(denied);
    });

    test("`anonymous: 'shared'` gives all of them one budget, beside that of the signed-in", async ({
      start,
    }) => {
      const scene = await start({ options: { ...ONE, anonymous: "shared" } });
      await chatted(await scene.post("/chat", NOBODY));
      assert.equal((await scene.post("/chat", NOBODY)).status, 402);
      await chatted(await scene.post("/chat"));
      assert.deepEqual(await payers(scene), ["anonymous", "alice"]);
    });

    test("`anonymous` may be a function; its users are never those who are signed in", async ({
      start,
    }) => {
      const scene = await start({ options: { ...ONE, anonymous: () => "alice" } });
      await chatted(await scene.post("/chat", NOBODY));
      assert.equal((await scene.post("/chat", NOBODY)).status, 402);
      await chatted(await scene.post("/chat"));
      assert.deepEqual(await payers(scene), ["anonymous:alice", "alice"]);
    });

    test("a function that names nobody refuses", async ({ start }) => {
      const scene = await start({ options: { anonymous: () => undefined } });
      await refusal(await scene.post("/chat", NOBODY), UNKNOWN);
      await costNothing(scene);
    });

    test("nobody signs in as the anonymous, to spend or to lock what they have", async ({
      start,
    }) => {
      for (const anonymous of ["shared", () => "s1"] as const) {
        const scene = await start({ options: { anonymous } });
        for (const user of ["the anonymous", "an anonymous"])
          await refusal(await scene.post("/chat", { user }), UNKNOWN);
        await costNothing(scene);
      }
    });

    test("where nobody is ever signed in, the developer is told once", async ({ start }) => {
      const { post, logged } = await start();
      for (let i = 0; i < 25; i++) assert.equal((await post("/chat", NOBODY)).status, 401);
      assert.equal(logged.warn.filter((line) => NONE_SEEN.test(line)).length, 1);
    });

    test("where somebody is, the developer is not told", async ({ start }) => {
      const { post, logged } = await start();
      await chatted(await post("/chat"));
      for (let i = 0; i < 25; i++) assert.equal((await post("/chat", NOBODY)).status, 401);
      assert.equal(logged.warn.filter((line) => NONE_SEEN.test(line)).length, 0);
    });

    // Who vouches for somebody stands in their token, where the framework has it.
    if (!places) return;

    test("two issuers with one `sub`: the developer is told, and can keep them apart", async ({
      start,
    }) => {
      const mixed = await start({ options: ONE });
      await chatted(await mixed.post("/chat", { user: "carol at a" }));
      assert.equal((await mixed.post("/chat", { user: "carol at b" })).status, 402);
      assert.equal(mixed.logged.warn.filter((line) => SECOND_ISSUER.test(line)).length, 1);

      const apart = await start({ options: { ...ONE, issuerQualified: true } });
      for (const user of ["carol at a", "carol at b"]) {
        await chatted(await apart.post("/chat", { user }));
        assert.equal((await apart.post("/chat", { user })).status, 402, user);
      }
      assert.deepEqual(await payers(apart), ["https://a.example|carol", "https://b.example|carol"]);
      assert.equal(apart.logged.warn.filter((line) => SECOND_ISSUER.test(line)).length, 0);
    });

    test("no issuer and no id are put together so that they are another one's", async ({
      start,
    }) => {
      const scene = await start({ options: { ...ONE, issuerQualified: true } });
      const users = [
        "carol at a",
        "carol at no issuer",
        "carol at a, with a bar",
        "carol at a bar",
      ];
      for (const user of users) await chatted(await scene.post("/chat", { user }));
      assert.equal(new Set(await payers(scene)).size, users.length);
    });
  },
};
