/** The app's processes: started, killed, started again; one that ends by itself breaks a rule. */
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import type { AppNews, AppSettings } from "./app-process.ts";
import type { Tell } from "./broken-rule.ts";
import type { Draws } from "./draws.ts";

/** One life of a process. */
export interface Life {
  readonly slot: number;
  readonly origin: Promise<string>;
  /** By whose name it holds; known from its first hold on. */
  owner: string | undefined;
  isKilled: boolean;
  isPaused: boolean;
  isEnding: boolean;
  refused: Readonly<Record<string, number>>;
}

interface Running {
  readonly life: Life;
  readonly child: ChildProcess;
  readonly gone: Promise<unknown>;
}

export interface AppProcesses {
  /** The life of a slot, as it is now. */
  at(slot: number): Life;
  /** `kill -9`; gives back the life that ended. */
  kill(slot: number): Promise<Life>;
  /** Stops a process in its tracks; gives back how it goes on. */
  pause(slot: number): () => void;
  start(slot: number): void;
  /** Ends all in good order. */
  end(): Promise<void>;
  /** Ends all that is left, at once. */
  destroy(): Promise<void>;
  /** Every life so far. */
  readonly lives: readonly Life[];
}

const FILE = fileURLToPath(new URL("app-process.ts", import.meta.url));
const CLOCK = new URL("skewed-clock.ts", import.meta.url).href;

export function appProcesses(settings: AppSettings, draws: Draws, tell: Tell): AppProcesses {
  const running = new Map<number, Running>();
  const lives: Life[] = [];

  function start(slot: number): void {
    const { NODE_OPTIONS: _none, ...env } = process.env;
    const hours = draws.one([-30, -7, -1, 1, 5, 26, 50]);
    const child = fork(FILE, [JSON.stringify(settings)], {
      env: { ...env, CHAOS_CLOCK_HOURS: String(hours) },
      execArgv: ["--no-warnings", "--import", CLOCK],
      stdio: ["ignore", "ignore", "pipe", "ipc"],
    });
    const origin = Promise.withResolvers<string>();
    const life: Life = {
      slot,
      origin: origin.promise,
      owner: undefined,
      isKilled: false,
      isPaused: false,
      isEnding: false,
      refused: {},
    };
    lives.push(life);
    let said = "";
    child.stderr?.on("data", (text: Buffer) => (said = `${said}${text.toString()}`.slice(-2_000)));
    child.on("message", ({ port, owner, refused }: AppNews) => {
      if (port !== undefined) origin.resolve(`http://127.0.0.1:${port}`);
      if (owner !== undefined) life.owner = owner;
      if (refused !== undefined) life.refused = refused;
    });
    const gone = once(child, "exit");
    child.once("exit", (code, signal) => {
      origin.resolve("");
      const isWell = life.isKilled || (life.isEnding && code === 0);
      if (!isWell) tell("processes", `process ${slot} ended with ${code ?? signal}: ${said}`);
    });
    running.set(slot, { life, child, gone });
  }

  function get(slot: number): Running {
    const found = running.get(slot);
    if (!found) throw new RangeError(`there is no process ${slot}`);
    return found;
  }

  async function kill(slot: number): Promise<Life> {
    const { life, child, gone } = get(slot);
    // Said before it is done: its clients may hear of it first.
    life.isKilled = true;
    child.kill("SIGKILL");
    await gone;
    return life;
  }

  return {
    lives,
    at: (slot) => get(slot).life,
    kill,
    pause: (slot) => {
      const { life, child } = get(slot);
      life.isPaused = child.kill("SIGSTOP");
      return () => {
        child.kill("SIGCONT");
        life.isPaused = false;
      };
    },
    start,
    end: async () => {
      const all = [...running.values()].filter(({ life }) => !life.isKilled);
      for (const { life, child } of all) {
        life.isEnding = true;
        if (child.connected) child.send("end");
      }
      await Promise.all(all.map(({ gone }) => gone));
    },
    destroy: async () => void (await Promise.all([...running.keys()].map(kill))),
  };
}
