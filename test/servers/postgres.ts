/** A private PostgreSQL for tests, removed with all that it wrote. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { chown, mkdtemp, realpath, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { embeddedPostgres } from "./embedded-postgres.ts";
import { execute, findProgram, freePort, installDebian } from "./programs.ts";

export interface PostgresServer {
  readonly url: string;
  /** Ends it at once, without a shutdown, as a crash would. */
  kill(): Promise<void>;
  /** Ends it in good order, as a deploy would. */
  shutdown(): Promise<void>;
  /** Starts it again, on the same port and data. */
  start(): Promise<void>;
  /** Ends it and removes its data. */
  stop(): Promise<void>;
}

/** Whom the server runs as: it refuses to be root. */
interface Account {
  readonly uid?: number;
  readonly gid?: number;
}

/**
 * The server that the tests share: that of `TEST_POSTGRES_URL`, else a private one. Tests keep apart
 * by their schemas.
 */
export async function testPostgres(): Promise<{ readonly url: string; stop(): Promise<void> }> {
  const url = process.env["TEST_POSTGRES_URL"];
  return url === undefined ? startPostgres() : { url, stop: async () => {} };
}

/** A server of one's own, to be killed and started again. It syncs every commit. */
export async function startPostgres(): Promise<PostgresServer> {
  const binaries = await serverPrograms();
  const account = await accountOf();
  const folder = await mkdtemp(join(tmpdir(), "assistants-budget-postgres-"));
  const remove = () => rm(folder, { recursive: true, force: true });
  try {
    if (account.uid !== undefined) await chown(folder, account.uid, account.gid ?? account.uid);
    const data = join(folder, "data");
    await make(join(binaries, "initdb"), data, account);
    const port = await freePort();
    const flags = [
      "listen_addresses=127.0.0.1",
      `unix_socket_directories=${folder}`,
      `port=${port}`,
    ];
    const args = [...flags, "max_connections=200"].flatMap((flag) => ["-c", flag]);
    const command = [join(binaries, "postgres"), "-D", data, ...args];
    const server = daemon(command, folder, account);
    await server.start().catch(async (error: unknown) => {
      await server.end("SIGQUIT");
      throw error;
    });
    return {
      url: `postgres://postgres@127.0.0.1:${port}/postgres`,
      kill: () => server.end("SIGQUIT"),
      shutdown: () => server.end("SIGINT"),
      start: () => server.start(),
      stop: async () => {
        await server.end("SIGINT");
        await remove();
      },
    };
  } catch (error) {
    await remove();
    throw error;
  }
}

async function make(initdb: string, data: string, account: Account): Promise<void> {
  const settings = ["-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C"];
  const child = spawn(initdb, ["-D", data, ...settings], {
    ...account,
    cwd: dirname(data),
    stdio: ["ignore", "ignore", "pipe"],
  });
  let said = "";
  child.stderr.on("data", (text: Buffer) => (said += text.toString()));
  const [code]: unknown[] = await once(child, "exit");
  if (code !== 0) throw new Error(`initdb failed: ${said}`);
}

interface Daemon {
  start(): Promise<void>;
  end(signal: "SIGINT" | "SIGQUIT"): Promise<void>;
}

/** `SIGINT` is the server's quick shutdown; `SIGQUIT` ends it like a crash. */
function daemon([file = "", ...args]: readonly string[], folder: string, account: Account): Daemon {
  let running: { readonly end: (signal: NodeJS.Signals) => Promise<void> } | undefined;

  async function start(): Promise<void> {
    const child = spawn(file, args, { ...account, cwd: "/", stdio: ["ignore", "ignore", "pipe"] });
    const dismiss = watch(child.pid, folder);
    const gone = once(child, "exit");
    running = {
      end: async (signal) => {
        dismiss();
        child.kill(signal);
        await gone;
      },
    };
    let said = "";
    child.stderr.on("data", (text: Buffer) => (said = `${said}${text.toString()}`.slice(-10_000)));
    for (let tries = 0; !said.includes("database system is ready to accept"); tries += 1) {
      if (child.exitCode !== null || child.signalCode !== null || tries > 3000)
        throw new Error(`postgres did not start: ${said}`);
      await sleep(20);
    }
  }

  async function end(signal: "SIGINT" | "SIGQUIT"): Promise<void> {
    const ending = running;
    running = undefined;
    await ending?.end(signal);
  }

  return { start, end };
}

/**
 * Ends and removes a server whose tests were ended before they could, even by `kill -9`: a shell that
 * reads until this process is no more. Gives back how to dismiss it.
 */
function watch(server: number | undefined, folder: string): () => void {
  const script = 'read _; kill -QUIT "$0"; while kill -0 "$0"; do sleep 0.1; done; rm -rf "$1"';
  const shell = spawn("sh", ["-c", script, String(server), folder], {
    stdio: ["pipe", "ignore", "ignore"],
    detached: true,
  });
  shell.unref();
  return () => void shell.kill("SIGKILL");
}

let programs: Promise<string> | undefined;

/** Where the server's programs may come from, in this order. */
const SOURCES: Readonly<Record<string, () => Promise<string>>> = {
  machine: installed,
  debian: async () => {
    await installDebian(["postgresql"]);
    return installed();
  },
  npm: embeddedPostgres,
};

/** The folder of the server's programs; `TEST_POSTGRES_FROM` names the only source to take. */
function serverPrograms(): Promise<string> {
  programs ??= (async () => {
    const only = process.env["TEST_POSTGRES_FROM"];
    const reasons: string[] = [];
    for (const [name, source] of Object.entries(SOURCES)) {
      if (only !== undefined && only !== name) continue;
      try {
        return await source();
      } catch (error) {
        reasons.push(`${name}: ${error instanceof Error ? error.message.trim() : String(error)}`);
      }
    }
    if (reasons.length === 0)
      reasons.push(
        `TEST_POSTGRES_FROM: found ${only}; expected ${Object.keys(SOURCES).join(", ")}`,
      );
    throw new Error(
      `These tests need a PostgreSQL server: set TEST_POSTGRES_URL or install postgresql.\n${reasons.join("\n")}`,
    );
  })();
  return programs;
}

/** Where `postgres` and `initdb` lie side by side; Debian keeps them off the PATH. */
async function installed(): Promise<string> {
  const versions = Array.from({ length: 20 }, (_, i) => `/usr/lib/postgresql/${30 - i}/bin`);
  const found = await findProgram("initdb", versions);
  if (found === undefined) throw new Error("there is no initdb on the PATH or where Debian has it");
  return dirname(await realpath(found));
}

async function accountOf(): Promise<Account> {
  if (process.getuid?.() !== 0) return {};
  for (const name of ["postgres", "nobody"]) {
    try {
      const [uid, gid] = await Promise.all(["-u", "-g"].map((flag) => execute("id", [flag, name])));
      return { uid: Number(uid?.stdout), gid: Number(gid?.stdout) };
    } catch {
      // No such account here.
    }
  }
  throw new Error("PostgreSQL refuses to run as root, and there is no account postgres or nobody");
}
