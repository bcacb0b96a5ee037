import assert from "node:assert/strict";
import { Agent, request } from "node:http";
import { payers } from "./books.ts";
import { headersOf, type Sent } from "./client.ts";
import type { Part } from "./scene.ts";

/** Sends one request after the other over one connection, and says which used it again. */
function connection(url: string) {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const post = (path: string, sent: Sent = {}) => {
    const { promise, resolve, reject } = Promise.withResolvers<{
      readonly status: number | undefined;
      readonly reused: boolean;
    }>();
    const headers = { "content-type": "application/json", ...headersOf(sent) };
    const asked = request(url + path, { method: "POST", agent, headers }, (response) => {
      const { statusCode: status } = response;
      response.resume().on("end", () => resolve({ status, reused: asked.reusedSocket }));
    });
    asked.on("error", reject).end(JSON.stringify(sent.body ?? {}));
    return promise;
  };
  return { post, end: () => agent.destroy() };
}

/** What is remembered from one request to the next: nothing. */
export const connectionsPart: Part = {
  name: "connections",
  tests: (test) => {
    test("a keep-alive connection survives a refusal: the same socket answers the next request", async ({
      start,
    }) => {
      const { url } = await start({ options: { limits: { user: "$0.0000001/day" } } });
      const { post, end } = connection(url);
      const answers = [
        await post("/chat"),
        await post("/chat", { user: null }),
        await post("/stream"),
        await post("/hello"),
      ];
      end();
      assert.deepEqual(
        answers.map(({ status }) => status),
        [402, 401, 402, 200],
      );
      assert.deepEqual(
        answers.map(({ reused }) => reused),
        [false, true, true, true],
      );
    });

    test("each request on a connection is paid by its own user", async ({ start }) => {
      const scene = await start();
      const { post, end } = connection(scene.url);
      const answers = [
        await post("/chat"),
        await post("/chat", { user: "bob" }),
        await post("/chat", { user: null }),
        await post("/chat"),
      ];
      end();
      assert.deepEqual(
        answers.map(({ status }) => status),
        [200, 200, 401, 200],
      );
      assert.deepEqual(await payers(scene), ["alice", "bob", "alice"]);
    });
  },
};
