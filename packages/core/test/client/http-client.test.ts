/** The client on a request: whose it is, is looked up at each call. */
import { describe, expect, onTestFinished, test } from "vitest";
import { createHttpBudget } from "../../src/http/index.ts";
import { isBudgetError, memory } from "../../src/index.ts";
import { PLAIN } from "../running-budget.ts";
import { SDKS, errorOf, say, startClient } from "./running-client.ts";

interface Request {
  user?: { id: string } | undefined;
}

const [[, SDK]] = SDKS as [(typeof SDKS)[number]];
const CHAT = { model: PLAIN, messages: say("Hi") };

async function start() {
  const { plain, simulator } = await startClient(SDK);
  const warned: string[] = [];
  const http = createHttpBudget<Request>(
    {
      client: plain,
      limits: { user: ["$1/day", "2 runs/day"] },
      log: {
        info: () => undefined,
        warn: (line) => void warned.push(line),
        error: () => undefined,
      },
    },
    {
      store: () => memory(),
      slots: ({ user }) => [user],
      setHeaders: () => undefined,
    },
  );
  onTestFinished(() => http.app.close());
  return { http, simulator, warned };
}

describe("the client of a request", () => {
  test("is the user's who has signed in by the time of the call", async () => {
    const { http } = await start();
    const request: Request = {};
    const assistants = http.assistants(request);
    const { client } = assistants;
    expect(assistants.client).toBe(client);
    const nobody = await errorOf(client.chat.completions.create(CHAT));
    expect(isBudgetError(nobody) && nobody.code).toBe("identity_required");
    expect(http.answer(nobody, { begun: false })).toMatchObject({ status: 401 });
    request.user = { id: "alice" };
    await client.chat.completions.create(CHAT);
    expect((await http.app.lines())[0]?.facts.user).toBe("alice");
  });

  test("is under the policies that are put upon the request, also after it was asked for", async () => {
    const { http, simulator } = await start();
    const request: Request = { user: { id: "alice" } };
    const { client } = http.assistants(request);
    http.narrow(request, http.policy({ maxOutputTokens: 99 }));
    await client.chat.completions.create(CHAT);
    expect(simulator.requests()[0]?.body).toMatchObject({ max_completion_tokens: 99 });
  });

  test("its refusal is answered like run()'s, and missed where something else went out", async () => {
    const { http, warned } = await start();
    const request: Request = { user: { id: "alice" } };
    const { client } = http.assistants(request);
    await client.chat.completions.create(CHAT);
    await client.chat.completions.create(CHAT);
    const refused = await errorOf(client.chat.completions.create(CHAT));
    const answer = http.answer(refused, { begun: false });
    expect(answer).toMatchObject({ status: 402 });
    http.answered(request, 500);
    expect(warned.some((line) => line.includes("ERR_AB_REFUSAL_REPLACED"))).toBe(true);
  });

  test("another user's calls are another user's", async () => {
    const { http } = await start();
    for (const id of ["alice", "bob", "alice", "bob"])
      await http.assistants({ user: { id } }).client.chat.completions.create(CHAT);
    const users = (await http.app.lines()).map(({ facts }) => facts.user);
    expect(users).toEqual(["alice", "bob", "alice", "bob"]);
  });
});
