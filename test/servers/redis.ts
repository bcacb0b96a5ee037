/** A private Redis for tests, removed with all that it wrote. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readdir, rm, stat, truncate } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { execute, findProgram, freePort, installDebian } from "./programs.ts";

export interface RedisServer {
  readonly url: string;
  readonly port: number;
  /** Kills it as a crash would (`kill -9`), and waits until it is gone. */
  kill(): Promise<void>;
  /** Ends it in good order, as a deploy would. */
  shutdown(): Promise<void>;
  /** Starts it again, on the same port and data. */
  start(): Promise<void>;
  /** How much of what was written stands in its file: what a power cut now would leave. */
  written(): Promise<number>;
  /** Of a server that was killed: its file as a power cut left it, with so many bytes. */
  cut(bytes: number): Promise<void>;
  /** Ends it and removes its data. */
  stop(): Promise<void>;
}

/** Settings under which nothing that was answered is forgotten. */
export const SYNCED: readonly string[] = ["--appendonly", "yes", "--appendfsync", "always"];

let program: Promise<string> | undefined;

/** The server's program: that of the PATH, or Debian's, installed where the tests run as root. */
function redisProgram(): Promise<string> {
  program ??= (async () => {
    const found = await findProgram("redis-server");
    if (found !== undefined) return found;
    await installDebian(["redis-server"]);
    const installed = await findProgram("redis-server");
    if (installed === undefined) throw new Error("no redis-server after installing it");
    return installed;
  })().catch((error: unknown) => {
    throw new Error("These tests need a Redis server: set TEST_REDIS_URL or install redis-server", {
      cause: error,
    });
  });
  return program;
}

/**
 * The server that the tests share: that of `TEST_REDIS_URL`, else a private one. Tests keep apart by
 * their prefixes.
 */
export async function testRedis(): Promise<{ readonly url: string; stop(): Promise<void> }> {
  const url = process.env["TEST_REDIS_URL"];
  return url === undefined ? startRedis() : { url, stop: async () => {} };
}

/** A server of one's own, to be configured, killed and started again. */
export async function startRedis(settings: readonly string[] = SYNCED): Promise<RedisServer> {
  const file = await redisProgram();
  const folder = await mkdtemp(join(tmpdir(), "assistants-budget-redis-"));
  const port = await freePort();
  let child: ChildProcess | undefined;
  const orphaned = () => void child?.kill("SIGKILL");

  async function start(): Promise<void> {
    const own = ["--port", String(port), "--bind", "127.0.0.1", "--dir", folder, "--save", ""];
    const started = spawn(file, [...own, "--daemonize", "no", ...settings], {
      stdio: ["ignore", "pipe", "pipe"],
    });
    child = started;
    let said = "";
    for (const stream of [started.stdout, started.stderr])
      stream.on("data", (text: Buffer) => (said = `${said}${text.toString()}`.slice(-4000)));
    for (let tries = 0; !said.includes("Ready to accept connections"); tries += 1) {
      if (started.exitCode !== null || started.signalCode !== null || tries > 1000)
        throw new Error(`redis-server did not start: ${said}`);
      await sleep(10);
    }
  }

  async function end(signal: "SIGKILL" | "SIGTERM"): Promise<void> {
    const running = child;
    child = undefined;
    if (!running || running.exitCode !== null || running.signalCode !== null) return;
    const gone = once(running, "exit");
    running.kill(signal);
    await gone;
  }

  /** What was written since the server began stands in a file of its own. */
  async function appended(): Promise<string> {
    const at = join(folder, "appendonlydir");
    const newest = (await readdir(at)).filter((name) => name.endsWith(".incr.aof")).toSorted();
    return join(at, newest.at(-1) ?? "");
  }

  process.once("exit", orphaned);
  await start().catch(async (error: unknown) => {
    await end("SIGKILL");
    await rm(folder, { recursive: true, force: true });
    throw error;
  });
  return {
    url: `redis://127.0.0.1:${port}`,
    port,
    kill: () => end("SIGKILL"),
    shutdown: () => end("SIGTERM"),
    start,
    written: async () => (await stat(await appended())).size,
    cut: async (bytes) => truncate(await appended(), bytes),
    stop: async () => {
      process.off("exit", orphaned);
      await end("SIGKILL");
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Three nodes that share the slots. */
export async function startCluster(): Promise<{
  readonly ports: readonly number[];
  /** Kills each node in turn, and starts it again. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}> {
  const settings = [...SYNCED, "--cluster-enabled", "yes", "--cluster-node-timeout", "2000"];
  const nodes = await Promise.all([1, 2, 3].map(() => startRedis(settings)));
  const stop = async () => void (await Promise.all(nodes.map((node) => node.stop())));
  try {
    const addresses = nodes.map(({ port }) => `127.0.0.1:${port}`);
    const create = ["--cluster", "create", ...addresses, "--cluster-replicas", "0"];
    await execute("redis-cli", [...create, "--cluster-yes"]);
    await Promise.all(nodes.map(({ port }) => agreed(port)));
  } catch (error) {
    await stop();
    throw error;
  }
  const restart = async () => {
    for (const node of nodes) {
      await node.kill();
      await node.start();
      await Promise.all(nodes.map(({ port }) => agreed(port)));
    }
  };
  return { ports: nodes.map(({ port }) => port), restart, stop };
}

async function agreed(port: number): Promise<void> {
  for (let tries = 0; tries < 500; tries += 1) {
    const { stdout } = await execute("redis-cli", ["-p", String(port), "cluster", "info"]);
    if (stdout.includes("cluster_state:ok") && stdout.includes("cluster_known_nodes:3")) return;
    await sleep(20);
  }
  throw new Error("the cluster did not come together");
}
