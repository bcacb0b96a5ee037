/** One test of an adapter: an app under a budget, before a provider that keeps an invoice. */
import { type Store, memory } from "@assistants-budget/core/store";
import {
  type Simulator,
  type SimulatorOptions,
  createSimulator,
} from "@assistants-budget/simulator";
import type { Runner } from "../store/harness.ts";
import { type Client, clientOf } from "./client.ts";
import type { AdapterHarness, AppDescription, Route } from "./harness.ts";
import { ROUTES } from "./routes.ts";
import { signIn } from "./sign-in.ts";

/** How an app differs from the usual one. */
export interface Setup {
  readonly options?: Partial<AppDescription["options"]>;
  readonly simulator?: SimulatorOptions;
  /** Beside the usual ones. */
  readonly routes?: readonly Route[];
  /** Default true. */
  readonly mounted?: boolean;
}

export interface Scene extends Client {
  readonly simulator: Simulator;
  readonly store: Store;
  /** What the developer was told, one message a line. */
  readonly logged: { readonly warn: string[]; readonly error: string[] };
}

interface Stage {
  /** Starts an app; it ends with the test. */
  readonly start: (setup?: Setup) => Promise<Scene>;
  /** An error that the framework itself answers with 418. */
  readonly teapot: () => Error;
}

/** Declares tests, each with apps of its own. */
type Declare = (name: string, body: (stage: Stage) => Promise<void>) => void;

/** One part of the suite, under a heading of its own. */
export interface Part {
  readonly name: string;
  readonly tests: (test: Declare, harness: AdapterHarness) => void;
}

export function declarePart(runner: Runner, harness: AdapterHarness, part: Part): void {
  const declare: Declare = (name, body) => {
    runner.test(name, async () => {
      const opened: (() => Promise<void>)[] = [];
      const start = (setup: Setup = {}): Promise<Scene> => startIn(harness, setup, opened);
      try {
        await body({ start, teapot: harness.teapot ?? usualTeapot });
      } finally {
        // The provider goes first: nothing waits for an answer that never comes.
        for (const close of opened) await close();
      }
    });
  };
  runner.describe(part.name, () => part.tests(declare, harness));
}

async function startIn(
  harness: AdapterHarness,
  setup: Setup,
  opened: (() => Promise<void>)[],
): Promise<Scene> {
  const simulator = await createSimulator(setup.simulator);
  opened.push(() => simulator.close());
  const store = setup.options?.store ?? memory();
  const logged = { warn: [] as string[], error: [] as string[] };
  const { url, close } = await harness.start({
    options: {
      baseURL: simulator.url,
      apiKey: "sk-test",
      assistants: { support: { model: "gpt-4o-mini" } },
      maxRetries: 0,
      wait: "50ms",
      patience: "300ms",
      log: {
        info: () => undefined,
        warn: (message) => void logged.warn.push(message),
        error: (message) => void logged.error.push(message),
      },
      ...setup.options,
      store,
    },
    mounted: setup.mounted ?? true,
    signIn,
    routes: [...ROUTES, ...(setup.routes ?? [])],
  });
  opened.push(close);
  return { simulator, store, logged, ...clientOf(url) };
}

function usualTeapot(): Error {
  return Object.assign(new Error("short and stout"), {
    status: 418,
    statusCode: 418,
    expose: true,
  });
}
