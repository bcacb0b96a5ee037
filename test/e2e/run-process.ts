/** A process of an app that runs, resumes, and may be killed at a call of its store; tools write to a file what they did. */
import { appendFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import {
  type BudgetOptions,
  type Store,
  type ToolOutput,
  createBudget,
  isBudgetError,
  tool,
} from "@assistants-budget/core";
import { sqlite } from "@assistants-budget/store-sqlite";
import { z } from "zod";

/** At which call of a method of the store the process is killed, and on which side of it. */
export interface KillPoint {
  readonly method: keyof Store;
  readonly nth: number;
  readonly when: "before" | "after";
}

export interface Job {
  readonly baseURL: string;
  readonly path: string;
  /** What tools did, a line a call. */
  readonly file: string;
  readonly kill?: KillPoint;
  readonly resume?: {
    readonly id: string;
    readonly toolOutputs: readonly ToolOutput[];
    readonly startAt: number;
  };
}

/** What the process says of itself. */
export type Said =
  | { readonly started: string }
  | { readonly ended: { readonly status: string; readonly stop: string | undefined } }
  | { readonly failed: string };

const parameters = z.object({});

/** An app with a tool that may be repeated, one that must not, and one of its client's. */
export function appOptions({ baseURL, file }: Pick<Job, "baseURL" | "file">): BudgetOptions {
  const does = (name: string, sideEffects: boolean, ms: number) =>
    tool({
      name,
      description: name,
      parameters,
      sideEffects,
      execute: async (_, { callId }) => {
        appendFileSync(file, `${name} ${callId}\n`);
        await sleep(ms);
        return `${name} done`;
      },
    });
  const confirm = tool({ name: "confirm", description: "Asks.", parameters });
  const tools = [does("look", false, 0), does("pay", true, 60), confirm];
  return {
    baseURL,
    apiKey: "sk-test",
    patience: "200ms",
    assistants: { support: { model: "gpt-4o-mini", maxSteps: 60, tools } },
    log: { info: () => undefined, warn: () => undefined, error: () => undefined },
  };
}

/** Kills this process, as `kill -9` does, at one call. */
function killedAt(store: Store, point: KillPoint | undefined): Store {
  let calls = 0;
  return new Proxy(store, {
    get: (target, name) => {
      const method: unknown = Reflect.get(target, name);
      if (typeof method !== "function" || name !== point?.method) return method;
      return async (...args: readonly unknown[]): Promise<unknown> => {
        calls += 1;
        const isNow = calls === point.nth;
        if (isNow && point.when === "before") process.kill(process.pid, "SIGKILL");
        const reply: unknown = await Reflect.apply(method, target, args);
        if (isNow) process.kill(process.pid, "SIGKILL");
        return reply;
      };
    },
  });
}

const say = (said: Said): void => void process.send?.(said);

async function work(job: Job): Promise<void> {
  const store = killedAt(sqlite({ path: job.path }), job.kill);
  const budget = createBudget({ ...appOptions(job), store });
  const alice = budget.for({ user: "alice" });
  try {
    if (job.resume) await sleep(job.resume.startAt - Date.now());
    const stream = job.resume
      ? alice.resumeStream(job.resume.id, { toolOutputs: job.resume.toolOutputs })
      : alice.stream({ input: "Go" });
    for await (const event of stream) if (event.type === "start") say({ started: event.run });
    const { status, stop } = await stream.result;
    say({ ended: { status, stop: stop?.reason } });
  } catch (error) {
    say({ failed: isBudgetError(error) ? error.code : String(error) });
  }
  await budget.close();
  process.disconnect();
}

const given = process.argv[2];
if (given !== undefined && process.send) await work(JSON.parse(given));
