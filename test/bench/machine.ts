/** What the numbers were taken on. */
import { arch, availableParallelism, cpus, platform, totalmem } from "node:os";
import { DatabaseSync } from "node:sqlite";
import { execute, findProgram } from "../servers/programs.ts";

export interface Machine {
  readonly cores: number;
  readonly model: string;
  readonly memory: string;
  readonly platform: string;
  readonly node: string;
  readonly sqlite: string;
  readonly redis: string;
  readonly postgres: string;
}

export async function thisMachine(): Promise<Machine> {
  const db = new DatabaseSync(":memory:");
  const sqlite = String(db.prepare("SELECT sqlite_version() AS version").get()?.["version"]);
  db.close();
  return {
    cores: availableParallelism(),
    model: cpus()[0]?.model.trim() ?? "unknown",
    memory: `${Math.round(totalmem() / 2 ** 30)} GiB`,
    platform: `${platform()} ${arch()}`,
    node: process.versions.node,
    sqlite,
    redis: await versionOf("redis-server"),
    postgres: await versionOf("postgres"),
  };
}

/** Debian keeps PostgreSQL's programs off the PATH. */
async function versionOf(program: string): Promise<string> {
  const folders = Array.from({ length: 20 }, (_, i) => `/usr/lib/postgresql/${30 - i}/bin`);
  const file = await findProgram(program, folders);
  if (file === undefined) return "installed when needed";
  const { stdout } = await execute(file, ["--version"]);
  return /\d+(\.\d+)+/.exec(stdout)?.[0] ?? stdout.trim();
}

/** In a line or two. */
export function describe(machine: Machine): string {
  const { cores, model, memory, node, sqlite, redis, postgres } = machine;
  return `${cores} cores (${model}), ${memory}, ${machine.platform}, Node ${node}, SQLite ${sqlite}, Redis ${redis}, PostgreSQL ${postgres}`;
}
