/** Server programs for tests: found where they are, or installed where that is allowed. */
import { execFile } from "node:child_process";
import { access, constants, mkdir, rm, stat } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";

export const execute: (
  file: string,
  args: readonly string[],
  options?: { readonly env?: NodeJS.ProcessEnv },
) => Promise<{ readonly stdout: string; readonly stderr: string }> = promisify(execFile);

/** Installing takes so long at most; a lock older than that belongs to nobody. */
const INSTALL_MS = 300_000;

/** Where a program lies: on the PATH or in one of these folders. */
export async function findProgram(
  name: string,
  folders: readonly string[] = [],
): Promise<string | undefined> {
  const path = process.env["PATH"]?.split(delimiter) ?? [];
  for (const folder of [...folders, ...path]) {
    const file = join(folder, name);
    if (await access(file, constants.X_OK).then(Boolean.bind(null, 1), () => false)) return file;
  }
  return undefined;
}

/**
 * Installs Debian packages, where the tests run as root, one process at a time. Services are kept
 * from starting: the tests start servers of their own.
 *
 * @throws Error that says why it can't be done.
 */
export async function installDebian(packages: readonly string[]): Promise<void> {
  if (process.getuid?.() !== 0 || !(await findProgram("apt-get"))) {
    throw new Error(`needs ${packages.join(", ")}: install it, or run as root on Debian or Ubuntu`);
  }
  await alone("apt", async () => {
    // Run level 1 is the level in which no service is started.
    const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive", RUNLEVEL: "1" };
    const lock = ["-o", "DPkg::Lock::Timeout=120"];
    await execute("apt-get", ["update", ...lock], { env });
    const install = ["install", "-y", "--no-install-recommends"];
    await execute("apt-get", [...install, ...lock, ...packages], { env });
  });
}

/** Does work while no other process of this machine does work of this name. */
async function alone(name: string, work: () => Promise<void>): Promise<void> {
  const lock = join(tmpdir(), `assistants-budget-${name}.lock`);
  const taken = () => mkdir(lock).then(Boolean.bind(null, 1), () => false);
  while (!(await taken())) {
    const made = await stat(lock).catch(() => undefined);
    if (made && Date.now() - made.mtimeMs > INSTALL_MS) await rm(lock, { recursive: true });
    await sleep(200);
  }
  try {
    await work();
  } finally {
    await rm(lock, { recursive: true, force: true });
  }
}

/** A port that nobody listens on at this moment. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.on("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() =>
        typeof address === "object" && address
          ? resolve(address.port)
          : reject(new Error("no port")),
      );
    });
  });
}
