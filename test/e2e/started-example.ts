/** An example, started as its readers start it, before a simulated provider. */
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import {
  type Simulator,
  type SimulatorOptions,
  createSimulator,
} from "@assistants-budget/simulator";

const EXAMPLES = join(import.meta.dirname, "../../examples");
const PATIENCE_MS = 60_000;

export interface StartedExample extends AsyncDisposable {
  readonly origin: string;
  readonly simulator: Simulator;
  /** What it wrote to its error output. */
  readonly said: () => string;
}

interface Start {
  /** The server, a file for Node in the example's folder. Default `server.ts`. */
  readonly server?: string;
  /** A command that runs first, in the example's folder. */
  readonly build?: string;
  readonly simulator?: SimulatorOptions;
}

export async function startExample(
  name: string,
  { server = "server.ts", build, simulator: options = {} }: Start = {},
): Promise<StartedExample> {
  const simulator = await createSimulator(options);
  const folder = await mkdtemp(join(tmpdir(), "assistants-budget-test-"));
  const port = await freePort();
  const cwd = join(EXAMPLES, name);
  const env = {
    ...process.env,
    PORT: String(port),
    OPENAI_API_KEY: "sk-test",
    OPENAI_BASE_URL: simulator.url,
    NODE_OPTIONS: "--no-warnings",
  };
  let said = "";
  if (build !== undefined) {
    const [command = "", ...args] = build.split(" ");
    await promisify(execFile)(join(cwd, "node_modules/.bin", command), args, { cwd });
  }
  // The ledger's file goes where the server runs, and leaves with it.
  const child = spawn(process.execPath, [join(cwd, server)], {
    cwd: folder,
    env,
    stdio: ["ignore", "ignore", "pipe"],
  });
  child.stderr.on("data", (data: Buffer) => (said += data.toString()));
  const ended = once(child, "close");
  const origin = `http://127.0.0.1:${port}`;
  const end = async () => {
    child.kill();
    await ended;
    await simulator.close();
    await rm(folder, { recursive: true, force: true });
  };
  const deadline = performance.now() + PATIENCE_MS;
  while (!(await isUp(origin))) {
    if (child.exitCode !== null || performance.now() > deadline) {
      await end();
      throw new Error(`the example ${name} did not start: ${said}`);
    }
    await sleep(100);
  }
  return { origin, simulator, said: () => said, [Symbol.asyncDispose]: end };
}

async function isUp(origin: string): Promise<boolean> {
  return fetch(origin).then(
    () => true,
    () => false,
  );
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}
