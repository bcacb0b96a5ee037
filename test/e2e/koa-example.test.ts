/** The Koa example, started as its readers start it. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { type Simulator, createSimulator } from "@assistants-budget/simulator";
import { afterAll, beforeAll, expect, it } from "vitest";

const EXAMPLE = join(import.meta.dirname, "../../examples/koa-existing-api");
const read = (name: string) => readFile(join(EXAMPLE, name), "utf8");

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
  const { scripts } = JSON.parse(await read("package.json")) as { scripts: { start: string } };
  const [, script = ""] = /^node (\S+)$/.exec(scripts.start) ?? [];
  const port = await freePort();
  origin = `http://localhost:${port}/api`;
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
  child.stderr.on("data", (data: Buffer) => (said += data.toString()));
  const ended = once(child, "close");
  stop = () => (child.kill(), ended);
  for (let tries = 0; tries < 300 && child.exitCode === null; tries++) {
    const isUp = await fetch(origin).then(
      () => true,
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

/** Sends a request as whoever has this token, with a body or to read. */
async function ask(path: string, token?: string, body?: Readonly<Record<string, unknown>>) {
  const response = await fetch(origin + path, {
    method: body ? "POST" : "GET",
    headers: {
      "content-type": "application/json",
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    },
    ...(body ? { body: JSON.stringify(body) } : {}),
  });
  const { status, headers } = response;
  return { status, type: headers.get("content-type"), body: JSON.parse(await response.text()) };
}

/** An error as this API writes it. */
function own(status: number, message: string) {
  return { status, body: { error: { status, message } } };
}

async function logIn(user: string): Promise<string> {
  const { token } = (await ask("/log-in", undefined, { user })).body as { token: string };
  return token;
}

it("sums up a note until the user's budget ends; all else goes on", async () => {
  const [ada, bob] = [await logIn("ada"), await logIn("bob")];
  const note = { text: "Call Bob about the boat, before Friday." };
  expect(await ask("/notes", ada, note)).toMatchObject({ status: 201, body: { id: 1, ...note } });
  for (let times = 0; times < 10; times++) {
    const { status, body } = await ask("/notes/1/summary", ada, {});
    expect({ status, body }).toEqual({
      status: 200,
      body: { summary: `You said: ${note.text}` },
    });
  }
  expect(await ask("/notes/1/summary", ada, {})).toMatchObject({
    status: 402,
    type: "application/problem+json; charset=utf-8",
    body: { code: "budget_exceeded", refused_by: [{ subject: "ada", unit: "runs", limit: 10 }] },
  });
  expect(await ask("/notes", ada)).toMatchObject({ status: 200, body: [note] });
  expect(await ask("/me/budget", ada)).toMatchObject({
    body: { balances: [{ subject: "ada", limit: "1.00" }, { spent: 10 }] },
  });
  expect(await ask("/notes", bob, note)).toMatchObject({ status: 201, body: { id: 2 } });
  expect(await ask("/notes/2/summary", bob, {})).toMatchObject({ status: 200 });
  expect(simulator.invoice().lines).toHaveLength(11);
});

it("keeps the format of its own errors, and says nothing on its error output", async () => {
  const ada = await logIn("ada");
  expect(await ask("/notes")).toMatchObject(own(401, "Authentication Error"));
  expect(await ask("/notes/1/summary", "forged", {})).toMatchObject(
    own(401, "Authentication Error"),
  );
  expect(await ask("/notes/99/summary", ada, {})).toMatchObject(own(404, "No such note"));
  expect(await ask("/notes", ada, {})).toMatchObject(own(422, "A note needs a text"));
  expect(await ask("/nowhere", ada)).toMatchObject(own(404, "No such address"));
  expect(said).toBe("");
});

it("differs from the app that it was by the lines that its README shows", async () => {
  const [, diff = ""] = /```diff\n(.*?)```/s.exec(await read("README.md")) ?? [];
  const [app, notes] = [await read("app.ts"), await read("notes.ts")];
  for (const [name, source] of Object.entries({ app, notes })) {
    const [, part = ""] = diff.split(` // ${name}.ts\n`);
    const [ofThis = ""] = part.split("\n // ");
    const shown = ofThis.split("\n").filter((line) => line.trim() !== "" && !line.includes("…"));
    expect(shown.map((line) => line.slice(1)).filter((line) => !source.includes(line))).toEqual([]);
    const added = shown.filter((line) => line.startsWith("+")).map((line) => line.slice(1));
    const left = added.reduce((rest, line) => rest.replace(`${line}\n`, ""), source);
    expect(left).not.toMatch(/budget|assistant/i);
  }
});
