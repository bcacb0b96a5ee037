/** The route handlers of `examples/next-route`, served by Next.js itself. */
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { type Simulator, createSimulator, shopAssistant } from "@assistants-budget/simulator";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const ROOT = join(import.meta.dirname, "../..");
const FOLDER = join(ROOT, "examples/next-route");

async function isUp(origin: string | undefined): Promise<boolean> {
  if (origin === undefined) return false;
  return fetch(`${origin}/api/me/budget`).then(
    ({ status }) => status === 200,
    () => false,
  );
}

describe("next-route", () => {
  let simulator: Simulator;
  let origin: string | undefined;
  let stop: () => Promise<unknown>;
  let said = "";

  beforeAll(async () => {
    await rm(join(FOLDER, ".data"), { recursive: true, force: true });
    simulator = await createSimulator({ script: shopAssistant() });
    const { scripts } = JSON.parse(await readFile(join(FOLDER, "package.json"), "utf8")) as {
      readonly scripts: { readonly start: string };
    };
    const [command = "", ...args] = scripts.start.split(" ");
    const bin = join(FOLDER, "node_modules", command, "dist/bin", command);
    // A group of its own, because Next serves from a process that it starts.
    const child = spawn(process.execPath, [bin, ...args], {
      cwd: FOLDER,
      detached: true,
      env: {
        ...process.env,
        NODE_ENV: "development",
        NEXT_TELEMETRY_DISABLED: "1",
        PORT: "0",
        OPENAI_API_KEY: "sk-test",
        OPENAI_BASE_URL: simulator.url,
      },
    });
    child.stderr.on("data", (data: Buffer) => (said += data.toString()));
    child.stdout.on("data", (data: Buffer) => {
      origin ??= /Local:\s+(http:\S+)/.exec(data.toString())?.[1];
    });
    const ended = once(child, "close");
    stop = () => (child.pid === undefined ? ended : (process.kill(-child.pid), ended));
    for (let tries = 0; !(await isUp(origin)); tries++) {
      if (tries === 300 || child.exitCode !== null) throw new Error(`It did not start: ${said}`);
      await sleep(200);
    }
  }, 120_000);
  afterAll(async () => {
    await stop();
    await simulator.close();
    await rm(join(FOLDER, ".data"), { recursive: true, force: true });
  });

  const post = (path: string, body: unknown) =>
    fetch(`${origin}${path}`, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(body),
    });

  it("answers, goes on with a thread as events, and refuses the third run with a 402", async () => {
    const first = await post("/api/chat", { message: "Hello!" });
    expect(first.status).toBe(200);
    const { thread } = (await first.json()) as { thread: string };
    const second = await post(`/api/chat/${thread}`, { message: "Where is my order A-1042?" });
    expect(second.headers.get("content-type")).toContain("text/event-stream");
    const [, run = ""] = /event: run\ndata: (.*)\n/.exec(await second.text()) ?? [];
    expect(JSON.parse(run)).toMatchObject({
      thread,
      status: "completed",
      text: expect.stringContaining("on its way"),
    });

    for (const path of ["/api/chat", `/api/chat/${thread}`]) {
      const refused = await post(path, { message: "Once more" });
      expect([path, refused.status]).toEqual([path, 402]);
      expect(refused.headers.get("content-type")).toContain("application/problem+json");
      expect(refused.headers.get("cache-control")).toBe("no-store");
      expect(await refused.json()).toMatchObject({ code: "budget_exceeded", status: 402 });
    }
    const mine = await fetch(`${origin}/api/me/budget`);
    expect(await mine.json()).toMatchObject({
      balances: [
        { subject: "you", unit: "runs", spent: 2, remaining: 0 },
        { subject: "you", unit: "usd", limit: "10.00", held: "0.00" },
      ],
    });
    expect(simulator.invoice().lines).toHaveLength(3);
  });

  it("has the types that Next asks of routes", async () => {
    const tsc = join(ROOT, "node_modules/.bin/tsc");
    const types = await readFile(join(FOLDER, ".next/dev/types/validator.ts"), "utf8");
    expect(types).toContain('RouteHandlerConfig<"/api/chat/[thread]">');
    const compiled = promisify(execFile)(tsc, ["-p", FOLDER], { cwd: ROOT });
    await expect(compiled).resolves.toMatchObject({ stdout: "" });
  });
});
