/** The worker of `examples/hono-edge`: on Node as its readers start it, and in workerd. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { type Simulator, createSimulator, shopAssistant } from "@assistants-budget/simulator";
import { build } from "esbuild";
import { Miniflare } from "miniflare";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startExample } from "./started-example.ts";

const FOLDER = join(import.meta.dirname, "../../examples/hono-edge");

/** The app, wherever it runs. */
interface Running {
  readonly simulator: Simulator;
  readonly ask: (path: string, body?: unknown) => Promise<Answer>;
  /** What it has written to its error output. */
  readonly said: () => string;
  readonly stop: () => Promise<unknown>;
}

interface Answer {
  readonly status: number;
  readonly headers: { get(name: string): string | null };
  readonly text: () => Promise<string>;
}

async function read(name: string): Promise<unknown> {
  return JSON.parse(await readFile(join(FOLDER, name), "utf8"));
}

function init(body: unknown) {
  if (body === undefined) return {};
  return {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(body),
  };
}

async function onNode(): Promise<Running> {
  expect(await read("package.json")).toMatchObject({ scripts: { start: "node server.ts" } });
  const app = await startExample("hono-edge", { simulator: { script: shopAssistant() } });
  const { origin, simulator, said } = app;
  return {
    simulator,
    said,
    ask: (path, body) => fetch(origin + path, init(body)),
    stop: async () => app[Symbol.asyncDispose](),
  };
}

async function inWorkerd(): Promise<Running> {
  const simulator = await createSimulator({ script: shopAssistant() });
  const wrangler = (await read("wrangler.json")) as {
    readonly main: string;
    readonly compatibility_date: string;
    readonly compatibility_flags: string[];
  };
  const { outputFiles, metafile } = await build({
    entryPoints: [join(FOLDER, wrangler.main)],
    bundle: true,
    format: "esm",
    platform: "neutral",
    conditions: ["workerd", "worker", "browser"],
    mainFields: ["browser", "module", "main"],
    write: false,
    metafile: true,
  });
  expect(Object.values(metafile.outputs).flatMap(({ imports }) => imports)).toEqual([]);
  const worker = new Miniflare({
    modules: true,
    script: outputFiles[0]?.text ?? "",
    compatibilityDate: wrangler.compatibility_date,
    compatibilityFlags: wrangler.compatibility_flags,
    bindings: { OPENAI_API_KEY: "sk-test", OPENAI_BASE_URL: simulator.url },
  });
  return {
    simulator,
    ask: (path, body) => worker.dispatchFetch(`http://localhost${path}`, init(body)),
    stop: async () => {
      await worker.dispose();
      await simulator.close();
    },
    said: () => "",
  };
}

describe.for<[string, () => Promise<Running>]>([
  ["on Node", onNode],
  ["in workerd", inWorkerd],
])("hono-edge %s", ([, start]) => {
  let app: Running;
  beforeAll(async () => (app = await start()), 120_000);
  afterAll(() => app.stop());

  it("answers, remembers the thread, sends events, and refuses the fourth run with a 402", async () => {
    const first = await app.ask("/chat", { message: "Hello!" });
    const { thread } = JSON.parse(await first.text()) as { thread: string };
    expect(first.status).toBe(200);
    const second = await app.ask("/chat", { message: "Where is my order A-1042?", thread });
    expect(JSON.parse(await second.text())).toMatchObject({
      thread,
      reply: expect.stringContaining("on its way"),
    });
    const events = await app.ask("/chat/events", { message: "Thank you", thread });
    expect(events.headers.get("content-type")).toContain("text/event-stream");
    expect(await events.text()).toMatch(/event: run\ndata: \{.*"status":"completed"/);

    for (const path of ["/chat", "/chat/events"]) {
      const refused = await app.ask(path, { message: "Once more" });
      expect([path, refused.status]).toEqual([path, 402]);
      expect(refused.headers.get("content-type")).toContain("application/problem+json");
      expect(JSON.parse(await refused.text())).toMatchObject({ code: "budget_exceeded" });
    }
    const mine = await app.ask("/me/budget");
    expect(JSON.parse(await mine.text())).toMatchObject({
      balances: [
        { subject: "you", unit: "runs", spent: 3, remaining: 0 },
        { subject: "you", unit: "usd", limit: "10.00", held: "0.00" },
      ],
    });
    expect(app.simulator.invoice().lines).toHaveLength(4);
    expect(app.said()).toBe("");
  });
});
