/** The examples, started as their readers start them. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { type Simulator, createSimulator, shopAssistant } from "@assistants-budget/simulator";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const ROOT = join(import.meta.dirname, "../..");
const SERVER = join(ROOT, "examples/express-chat/server.ts");

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}

interface ChatBody {
  readonly thread: string;
  readonly reply: string;
  readonly cost: string;
  readonly code?: string;
}

describe("express-chat", () => {
  let simulator: Simulator;
  let folder: string;
  let origin: string;
  let stop: () => Promise<unknown>;
  let said = "";

  beforeAll(async () => {
    simulator = await createSimulator({ script: shopAssistant() });
    folder = await mkdtemp(join(tmpdir(), "assistants-budget-test-"));
    const port = await freePort();
    origin = `http://localhost:${port}`;
    const child = spawn(process.execPath, [SERVER], {
      cwd: folder,
      env: {
        ...process.env,
        PORT: String(port),
        OPENAI_API_KEY: "simulated",
        OPENAI_BASE_URL: simulator.url,
      },
    });
    child.stderr.on("data", (data: Buffer) => (said += data.toString()));
    const ended = once(child, "close");
    stop = () => (child.kill(), ended);
    const up = () =>
      fetch(origin).then(
        () => true,
        () => false,
      );
    for (let tries = 0; tries < 100 && child.exitCode === null; tries++) {
      if (await up()) return;
      await sleep(100);
    }
    throw new Error(`The example did not start: ${said}`);
  });
  afterAll(async () => {
    await stop();
    await simulator.close();
    await rm(folder, { recursive: true, force: true });
  });

  async function chat(body: Record<string, unknown>) {
    const response = await fetch(`${origin}/chat`, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(body),
    });
    return { status: response.status, body: (await response.json()) as ChatBody };
  }

  it("answers, remembers the thread, calls its tool, and charges what the invoice says", async () => {
    const first = await chat({ message: "Hello!" });
    expect(first).toMatchObject({ status: 200, body: { reply: expect.stringMatching(/./) } });
    const { thread } = first.body;
    const second = await chat({ message: "Where is my order A-1042?", thread });
    expect(second.body).toMatchObject({ thread, reply: expect.stringContaining("on its way") });

    const { lines, totalUsd } = simulator.invoice();
    expect(lines).toHaveLength(3);
    expect(Number(first.body.cost) + Number(second.body.cost)).toBeCloseTo(Number(totalUsd), 9);
    const budget = await fetch(`${origin}/me/budget`);
    const { balances } = (await budget.json()) as { balances: readonly { spent: string }[] };
    expect(balances).toMatchObject([
      { scope: "user", subject: "you", period: "day", limit: "1.00" },
      { scope: "user", subject: "you", period: "month", limit: "10.00" },
    ]);
    expect(Number(balances[0]?.spent)).toBeCloseTo(Number(totalUsd), 9);
  });

  it("refuses nonsense without a stack, and says nothing on its error output", async () => {
    const { status, body } = await chat({ message: "" });
    expect({ status, code: body.code }).toEqual({ status: 400, code: "invalid_input" });
    expect(said).toBe("");
  });

  it("is the README's program, word for word", async () => {
    const [readme, program] = await Promise.all([
      readFile(join(ROOT, "README.md"), "utf8"),
      readFile(SERVER, "utf8"),
    ]);
    expect(/<!-- examples\/express-chat\/server\.ts -->\s+```ts\n(.*?)```/s.exec(readme)?.[1]).toBe(
      program,
    );
    expect(program.split("\n").length).toBeLessThan(40);
  });
});
