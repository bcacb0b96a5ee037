/** The browser that the pages are tested in: the machine's own Chromium, installed where it may be. */
import { type Browser, chromium } from "playwright-core";
import { findProgram, installDebian } from "../servers/programs.ts";

/** Installing the browser may take minutes: give a hook that opens it so long. */
export const OPENING_MS = 600_000;

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
  const { CHROMIUM_PATH } = process.env;
  if (CHROMIUM_PATH) return CHROMIUM_PATH;
  const found = await Promise.all(NAMES.map((name) => findProgram(name, ["/usr/bin"])));
  return found.find((path) => path !== undefined);
}

/** On Debian, as root, which is what a container usually is. */
async function installChromium(): Promise<string> {
  try {
    await installDebian(["chromium"]);
  } catch (error) {
    throw missing(error instanceof Error ? error.message : String(error));
  }
  const installed = await findChromium();
  if (installed === undefined) throw missing("it was installed, but is not on the PATH");
  return installed;
}

function missing(reason: string): Error {
  return new Error(
    `The browser tests need Chromium, and ${reason}. Install it, or set CHROMIUM_PATH to its executable.`,
  );
}
