/** The smallest app: no options at all. It sends itself what it is told and says what came back. */
import { once } from "node:events";
import { existsSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { assistantsBudget } from "@assistants-budget/express";
import express from "express";

const budget = assistantsBudget();
const app = express();
app.use((req, _res, next) => {
  Object.assign(req, { user: { id: "alice" } });
  next();
});
app.use(budget);
app.get("/hello", (_req, res) => {
  res.json({ hello: "world" });
});
app.get("/ask", async (req, res) => {
  const run = await req.assistants.run({ input: "Hello" });
  res.json({ text: run.text, model: run.steps[0]?.model, balances: run.balances });
});

const server = app.listen(0, "127.0.0.1");
await once(server, "listening");
const { port } = server.address() as AddressInfo;
const get = async (path: string): Promise<unknown> =>
  (await fetch(`http://127.0.0.1:${port}${path}`)).json();
const hello = await get("/hello");
const before = existsSync(".data");
const ask = await get("/ask");
console.log(JSON.stringify({ hello, before, ask, after: existsSync(".data") }));
server.close();
await budget.close();
