/** Where Node's built-ins are missing: the package, core and the openai SDK in one file, in workerd. */
import { join } from "node:path";
import { createSimulator } from "@assistants-budget/simulator";
import { type BuildOptions, type BuildResult, build } from "esbuild";
import { Miniflare } from "miniflare";
import { expect, onTestFinished, test } from "vitest";

/** As somebody writes a worker: the budget is made where the module is loaded. */
const WORKER = `
import { Hono } from "hono";
import OpenAI from "openai";
import { assistantsBudget, memory } from "./index.ts";

const client = new OpenAI({ apiKey: "sk-test", baseURL: BASE_URL });
const budget = assistantsBudget({
  client,
  store: memory(),
  assistants: { support: { model: "gpt-4o-mini" } },
  limits: { user: "3 runs/day" },
});
const app = new Hono();
app.use(async (c, next) => {
  c.set("user", { id: "alice" });
  await next();
});
app.use(budget);
app.post("/chat", async (c) => c.json({ reply: (await c.var.assistants.run({ input: "Hi" })).text }));
app.post("/stream", (c) => budget.events(c, c.var.assistants.stream({ input: "Hi" })));
app.post("/client", async (c) => {
  const { client } = c.var.assistants;
  const made = await client.responses.create({ model: "gpt-4o-mini", input: "Hi" });
  return c.json({ reply: made.output_text });
});
app.get("/me/budget", budget.balances());
export default app;
`;

/** How bundlers find their way: Wrangler's conditions, and esbuild's own for browsers. */
const BUNDLERS = {
  workers: {
    platform: "neutral",
    conditions: ["workerd", "worker", "browser"],
    mainFields: ["browser", "module", "main"],
  },
  browsers: { platform: "browser" },
} as const satisfies Record<string, BuildOptions>;

async function bundle(how: keyof typeof BUNDLERS, baseURL = "") {
  return build({
    ...BUNDLERS[how],
    stdin: {
      contents: WORKER,
      resolveDir: join(import.meta.dirname, "../src"),
      loader: "ts",
    },
    bundle: true,
    format: "esm",
    define: { BASE_URL: JSON.stringify(baseURL) },
    write: false,
    metafile: true,
    logLevel: "silent",
  });
}

/** What is left to import when all is in one file. */
function importsOf({ metafile }: BuildResult<{ metafile: true }>): readonly string[] {
  return Object.values(metafile.outputs).flatMap(({ imports }) => imports.map(({ path }) => path));
}

test.for(["workers", "browsers"] as const)(
  "bundled for %s, no import is left, of Node's least of all",
  { timeout: 60_000 },
  async (how) => expect(importsOf(await bundle(how))).toEqual([]),
);

test(
  "in workerd, across requests: runs, their events, and then a 402",
  { timeout: 60_000 },
  async () => {
    const simulator = await createSimulator();
    onTestFinished(() => simulator.close());
    const { outputFiles } = await bundle("workers", simulator.url);
    const worker = new Miniflare({
      modules: true,
      script: outputFiles[0]?.text ?? "",
      compatibilityDate: "2026-07-01",
    });
    onTestFinished(() => worker.dispose());
    const ask = (method: string, path: string) =>
      worker.dispatchFetch(`http://localhost${path}`, { method });

    const first = await ask("POST", "/chat");
    expect([first.status, await first.json()]).toEqual([200, { reply: "You said: Hi" }]);
    const streamed = await ask("POST", "/stream");
    expect(streamed.headers.get("content-type")).toBe("text/event-stream; charset=utf-8");
    expect(await streamed.text()).toMatch(/event: run\ndata: \{.*"text":"You said: Hi"/);
    const called = await ask("POST", "/client");
    expect([called.status, await called.json()]).toEqual([200, { reply: "You said: Hi" }]);

    for (const path of ["/chat", "/stream", "/client"]) {
      const refused = await ask("POST", path);
      expect([path, refused.status]).toEqual([path, 402]);
      expect(refused.headers.get("content-type")).toBe("application/problem+json; charset=utf-8");
      expect(await refused.json()).toMatchObject({ code: "budget_exceeded", status: 402 });
    }
    const mine = await (await ask("GET", "/me/budget")).json();
    expect(mine).toMatchObject({ balances: [{ subject: "alice", spent: 3, held: 0 }] });
    expect(simulator.invoice().lines).toHaveLength(3);
  },
);
