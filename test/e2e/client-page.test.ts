/** What docs/client.md shows runs, and what it says of the SDK's methods is so. */
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { createSimulator } from "@assistants-budget/simulator";
import express from "express";
import { expect, it } from "vitest";
import { answerQuestions } from "./client-page.ts";

const read = (path: string) => readFile(join(import.meta.dirname, path), "utf8");
const page = await read("../../docs/client.md");

it("shows the app that runs here", async () => {
  const source = await read("client-page.ts");
  const [, body = ""] = /\): void \{\n(.*)\n\}/s.exec(source) ?? [];
  const own = body
    .replaceAll(/^ {2}/gm, "")
    .replace("new OpenAI(settings)", "new OpenAI()")
    // The page's first lines are the app's own.
    .trim();
  expect(page).toContain(`\`\`\`ts\n${own}\n\`\`\``);
});

it("answers, is charged, and refuses who is not signed in", async () => {
  await using simulator = await createSimulator();
  const app = express();
  app.use(express.json(), (req, _res, next) => {
    const user = req.get("x-test-user");
    if (user !== undefined) Object.assign(req, { user: { id: user } });
    next();
  });
  answerQuestions(app, { baseURL: simulator.url, apiKey: "sk-test" });
  const server = createServer(app).listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const ask = (headers: Readonly<Record<string, string>>) =>
    fetch(`http://127.0.0.1:${port}/ask`, {
      method: "POST",
      headers: { "content-type": "application/json", ...headers },
      body: JSON.stringify({ question: "Where is my parcel?" }),
    });
  const answer = await ask({ "x-test-user": "alice" });
  expect(await answer.json()).toEqual({ answer: "You said: Where is my parcel?" });
  expect(simulator.invoice().lines).toHaveLength(1);
  expect((await ask({})).status).toBe(401);
  server.close();
  server.closeAllConnections();
});
