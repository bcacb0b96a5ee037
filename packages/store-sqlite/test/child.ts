/** A process of its own on a file that others use too. Says what became of it in one message. */
import { setTimeout as sleep } from "node:timers/promises";
import { chargesFile, sqlite } from "../src/index.ts";
import { charge, request } from "./requests.ts";

export interface Job {
  readonly path: string;
  /** Names its holds. */
  readonly name: string;
  readonly work:
    /** Opens new files in the folder `path`, each in the same moment as its siblings do. */
    | { readonly kind: "open"; readonly files: number; readonly startAt: number }
    /** Reserves and settles until the limit is spent, `lanes` at a time. */
    | {
        readonly kind: "spend";
        readonly limit: number;
        readonly nano: number;
        readonly lanes: number;
        readonly startAt: number;
      }
    /** Puts charges into a charges file, telling what was answered. */
    | { readonly kind: "keep"; readonly charges: number }
    /** Reserves and settles for ever, telling what was answered; never ends by itself. */
    | { readonly kind: "endless"; readonly nano: number };
}

export interface Done {
  readonly granted: number;
  readonly errors: readonly string[];
}

/** Holds and charges of which the endless child got an answer, and charges that were kept. */
export interface Told {
  readonly kept?: string;
  readonly held?: string;
  readonly settled?: string;
}

async function openFiles(folder: string, files: number, startAt: number): Promise<Done> {
  const errors: string[] = [];
  for (let i = 0; i < files; i += 1) {
    const store = sqlite({ path: `${folder}/budget-${i}.sqlite` });
    await sleep(startAt + i * 40 - Date.now());
    await store.release("none").catch((error: unknown) => void errors.push(String(error)));
    await store.close();
  }
  return { granted: 0, errors };
}

type Spend = Extract<Job["work"], { kind: "spend" }>;

async function spend(path: string, name: string, work: Spend): Promise<Done> {
  const store = sqlite({ path });
  const errors: string[] = [];
  let granted = 0;
  let asked = 0;
  await store.open();
  await sleep(work.startAt - Date.now());
  const lane = async (): Promise<void> => {
    for (;;) {
      asked += 1;
      const hold = `${name}-${asked}`;
      const reply = await store.reserve(request(hold, work));
      if (reply.kind !== "held") return;
      granted += 1;
      await store.settle(hold, charge(work.nano));
      await store.windows(request(hold, work).claims);
    }
  };
  const lanes = Array.from({ length: work.lanes }, lane);
  for (const outcome of await Promise.allSettled(lanes))
    if (outcome.status === "rejected") errors.push(String(outcome.reason));
  await store.close();
  return { granted, errors };
}

async function endless(path: string, name: string, nano: number): Promise<never> {
  const store = sqlite({ path });
  for (let i = 0; ; i += 1) {
    const hold = `${name}-${i}`;
    await store.reserve(request(hold, { limit: null, nano }));
    process.send?.({ held: hold } satisfies Told);
    if (i % 3 === 0) continue;
    await store.settle(hold, charge(nano - 1));
    process.send?.({ settled: hold } satisfies Told);
  }
}

async function keep(path: string, name: string, charges: number): Promise<Done> {
  const file = chargesFile({ path });
  for (let i = 0; i < charges; i += 1) {
    const key = `${name}-${i}`;
    await file.put(key, JSON.stringify({ nano: i }));
    process.send?.({ kept: key } satisfies Told);
    if (i % 3 === 0) await file.delete(key);
  }
  await file.close();
  return { granted: charges, errors: [] };
}

function carryOut({ path, name, work }: Job): Promise<Done> {
  switch (work.kind) {
    case "open":
      return openFiles(path, work.files, work.startAt);
    case "spend":
      return spend(path, name, work);
    case "keep":
      return keep(path, name, work.charges);
    case "endless":
      return endless(path, name, work.nano);
  }
}

const job: Job = JSON.parse(process.argv[2] ?? "{}");
const done: Done = await carryOut(job).catch((error: unknown) => ({
  granted: 0,
  errors: [String(error)],
}));
process.send?.(done);
process.disconnect();
