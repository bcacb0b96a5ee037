/** The Fastify example, started as its readers start it. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { type Simulator, createSimulator } from "@assistants-budget/simulator";
import { afterAll, beforeAll, expect, it } from "vitest";

const EXAMPLE = join(import.meta.dirname, "../../examples/fastify-plans");

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}

let simulator: Simulator;
let folder: string;
let origin: string;
let stop: () => Promise<unknown> = async () => undefined;
let said = "";

beforeAll(async () => {
  simulator = await createSimulator();
  folder = await mkdtemp(join(tmpdir(), "assistants-budget-test-"));
  const file = await readFile(join(EXAMPLE, "package.json"), "utf8");
  const { scripts } = JSON.parse(file) as { scripts: { start: string } };
  const [, script = ""] = /^node (\S+)$/.exec(scripts.start) ?? [];
  const port = await freePort();
  origin = `http://localhost:${port}`;
  // Its store's file belongs to the test.
  const child = spawn(process.execPath, [join(EXAMPLE, script)], {
    cwd: folder,
    env: {
      ...process.env,
      PORT: String(port),
      OPENAI_API_KEY: "sk-test",
      OPENAI_BASE_URL: simulator.url,
    },
  });
  for (const stream of [child.stdout, child.stderr])
    stream.on("data", (data: Buffer) => (said += data.toString()));
  const ended = once(child, "close");
  stop = () => (child.kill(), ended);
  for (let tries = 0; tries < 300 && child.exitCode === null; tries++) {
    const isUp = await fetch(`${origin}/health`).then(
      ({ ok }) => ok,
      () => false,
    );
    if (isUp) return;
    await sleep(100);
  }
  throw new Error(`The example did not start: ${said}`);
});

afterAll(async () => {
  await stop();
  await simulator.close();
  await rm(folder, { recursive: true, force: true });
});

/** Sends a request with this token, with a body or to read. */
async function ask(path: string, token?: string, body?: Readonly<Record<string, unknown>>) {
  const response = await fetch(origin + path, {
    method: body ? "POST" : "GET",
    headers: {
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      ...(body ? { "content-type": "application/json" } : {}),
    },
    ...(body ? { body: JSON.stringify(body) } : {}),
  });
  const text = await response.text();
  const isJson = response.headers.get("content-type")?.includes("json") ?? false;
  return { status: response.status, text, body: isJson ? JSON.parse(text) : undefined };
}

async function tokenOf(user: string): Promise<string> {
  const { body } = await ask("/session", undefined, { user });
  return (body as { token: string }).token;
}

const message = { message: "Hello!" };

it("has two plans: free ends after three runs, pro goes on, and both are their company's", async () => {
  const [ann, ben] = [await tokenOf("ann"), await tokenOf("ben")];
  const first = await ask("/chat", ann, message);
  expect(first).toMatchObject({ status: 200, body: { reply: "You said: Hello!" } });
  const { thread } = first.body as { thread: string };
  expect(await ask("/chat", ann, { ...message, thread })).toMatchObject({ body: { thread } });
  await ask("/chat", ann, message);
  const refused = await ask("/chat", ann, message);
  expect(refused).toMatchObject({
    status: 402,
    body: {
      code: "budget_exceeded",
      refused_by: [{ scope: "user", subject: "ann", unit: "runs", limit: 3, spent: 3 }],
    },
  });
  for (let runs = 0; runs < 4; runs++) expect((await ask("/chat", ben, message)).status).toBe(200);

  expect((await ask("/me/budget", ann)).body).toMatchObject({
    balances: [
      { subject: "ann", period: "day", limit: "0.20" },
      { subject: "ann", unit: "runs", remaining: 0 },
    ],
  });
  expect((await ask("/me/budget", ben)).body).toMatchObject({
    balances: [
      { subject: "ben", period: "day", limit: "5.00" },
      { subject: "ben", period: "month", limit: "50.00" },
    ],
  });
  const { lines, totalUsd } = simulator.invoice();
  expect(lines).toHaveLength(7);
  const nearest = await ask("/admin/nearest", await tokenOf("olga"));
  const { spent } = (nearest.body as { scope: string; spent: string }[]).find(
    ({ scope }) => scope === "tenant",
  ) ?? { spent: "nothing" };
  expect(Number(spent)).toBeCloseTo(Number(totalUsd), 9);
});

it("caps a route below the plan, and streams on another", async () => {
  const ben = await tokenOf("ben");
  const before = simulator.requests().length;
  expect(await ask("/title", ben, message)).toMatchObject({
    status: 200,
    body: { title: "You said: Give this a title: Hello!" },
  });
  expect(simulator.requests()[before]?.body).toMatchObject({ max_output_tokens: 2_048 });
  const streamed = await ask("/chat/stream", ben, message);
  expect(streamed.text).toMatch(/^event: start\n/);
  expect(streamed.text).toMatch(/event: run\ndata: .*"status":"completed".*\n\n$/);
});

it("lets operators give credit and freeze, and nobody else", async () => {
  const [ann, olga] = [await tokenOf("ann"), await tokenOf("olga")];
  const why = "ticket 4711";
  for (const token of [undefined, ann])
    expect(
      (await ask("/admin/users/ann/credit", token, { amount: "9 runs/day", why })).status,
    ).toBe(403);
  expect((await ask("/admin/users/ann/credit", olga, { amount: "all", why })).status).toBe(400);
  expect((await ask("/chat", ann, message)).status).toBe(402);

  await ask("/admin/users/ann/credit", olga, { amount: "2 runs/day", why });
  expect((await ask("/chat", ann, message)).status).toBe(200);

  await ask("/admin/users/ann/freeze", olga, { why });
  expect(await ask("/chat", ann, message)).toMatchObject({
    status: 403,
    body: { code: "subject_frozen" },
  });
  await ask("/admin/users/ann/unfreeze", olga, { why });
  expect((await ask("/chat", ann, message)).status).toBe(200);
  expect((await ask("/admin/acts", olga)).body).toMatchObject(
    ["credit", "freeze", "unfreeze"].map((kind) => ({ act: { kind, by: "olga", why } })),
  );
});

it("asks for a sign-in, takes no token of anybody else's, and says nothing on its outputs", async () => {
  expect(await ask("/chat", undefined, message)).toMatchObject({
    status: 401,
    body: { code: "identity_required" },
  });
  const forged = (await tokenOf("ann")).replace(/\.[^.]*$/, ".AAAA");
  expect((await ask("/chat", forged, message)).status).toBe(401);
  expect(said).toBe("");
});
