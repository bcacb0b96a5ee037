/** The browser that the pages are tested in: the machine's own Chromium, installed where it may be. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { access, constants } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { type Browser, chromium } from "playwright-core";

const NAMES = ["chromium", "chromium-browser", "google-chrome"];
const FLAGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

export async function openBrowser(): Promise<Browser> {
  const executablePath = (await findChromium()) ?? (await installChromium());
  return chromium.launch({ executablePath, args: FLAGS });
}

async function findChromium(): Promise<string | undefined> {
  const { CHROMIUM_PATH, PATH = "" } = process.env;
  if (CHROMIUM_PATH) return CHROMIUM_PATH;
  const folders = new Set(["/usr/bin", ...PATH.split(delimiter)]);
  const paths = NAMES.flatMap((name) => [...folders].map((folder) => join(folder, name)));
  const found = await Promise.all(paths.map(isExecutable));
  return paths.find((_path, index) => found[index]);
}

async function isExecutable(path: string): Promise<boolean> {
  return access(path, constants.X_OK).then(
    () => true,
    () => false,
  );
}

/** On Debian, as root, which is what a container usually is. */
async function installChromium(): Promise<string> {
  const isDebian = await isExecutable("/usr/bin/apt-get");
  if (!isDebian || process.getuid?.() !== 0) throw missing("it can't be installed from here");
  try {
    await run("apt-get", "update");
    await run("apt-get", "install", "--yes", "--no-install-recommends", "chromium");
  } catch (error) {
    throw missing(error instanceof Error ? error.message : String(error));
  }
  const installed = await findChromium();
  if (installed === undefined) throw missing("it was installed, but is not on the PATH");
  return installed;
}

async function run(command: string, ...args: readonly string[]): Promise<void> {
  const child = spawn(command, args, { stdio: ["ignore", "ignore", "pipe"] });
  let said = "";
  child.stderr.on("data", (data: Buffer) => (said += data.toString()));
  const [code] = (await once(child, "close")) as [number | null];
  const last = said.trim().split("\n").at(-1) ?? "";
  if (code !== 0) throw new Error(`${command} ${args[0]} ended with ${code}: ${last}`);
}

function missing(reason: string): Error {
  return new Error(
    `The browser tests need Chromium, and ${reason}. Install it, or set CHROMIUM_PATH to its executable.`,
  );
}
