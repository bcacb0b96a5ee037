/** The provider, and what goes wrong at it: the one that survives everything, and whose invoice is believed. */
import {
  type Fault,
  type FaultKind,
  type Json,
  type Simulator,
  createSimulator,
} from "@assistants-budget/simulator";
import { sumBy } from "./books.ts";
import type { Draws } from "./draws.ts";
import { model } from "./model.ts";

export interface Provider {
  readonly simulator: Simulator;
  /** How many faults have struck so far. */
  readonly faults: () => number;
  /** Which faults have struck the steps of a run. */
  readonly struck: (run: string) => readonly FaultKind[];
  /** How many steps of each run have arrived and were not refused, and how many the app gave up before they were answered. */
  readonly requests: () => Readonly<Record<"arrived" | "givenUp", ReadonlyMap<string, number>>>;
  /** From now on nothing fails any more. */
  readonly calm: () => void;
}

/** Each request draws at most one of these: how it is answered. */
const ANSWERS: readonly (readonly [Fault, number])[] = [
  [{ kind: "rate_limit" }, 0.01],
  [{ kind: "server_error" }, 0.01],
  [{ kind: "server_error", billed: true }, 0.01],
  [{ kind: "overloaded" }, 0.01],
  [{ kind: "refuse_connection" }, 0.01],
  [{ kind: "cut_before_first_event" }, 0.015],
  [{ kind: "cut_after_events", events: 1 }, 0.02],
  [{ kind: "cut_after_events", events: 5 }, 0.02],
  [{ kind: "silence", afterEvents: 2 }, 0.01],
  [{ kind: "end_without_terminal" }, 0.02],
  [{ kind: "malformed_event", afterEvents: 4 }, 0.01],
];

/** What makes a lost answer come late. */
const LATE: readonly (readonly [Fault, number])[] = [
  [{ kind: "in_progress_for", ms: 1_500 }, 0.1],
  [{ kind: "early_404", ms: 1_000 }, 0.1],
  [{ kind: "retrieve_error" }, 0.2],
];

/** What spoils an answer that arrives. */
const SPOILT: readonly (readonly [Fault, number])[] = [
  [{ kind: "missing_usage", retrieved: true }, 0.004],
  [{ kind: "exceeds_cap" }, 0.004],
];

export async function startProvider(seed: number, draws: Draws): Promise<Provider> {
  const hits = new Map<string, FaultKind[]>();
  let faults = 0;
  const calm = new AbortController();
  /** Of the request that is being looked at; -1 for none. */
  let chosen = -1;

  function note(body: Json | undefined, kind: FaultKind): void {
    faults += 1;
    const run = runOf(body);
    hits.set(run, [...(hits.get(run) ?? []), kind]);
  }

  /** The first of the list draws for all of them. */
  const answers = ANSWERS.map(([fault], i): Fault => ({
    ...fault,
    times: Infinity,
    match: (body) => {
      if (i === 0) chosen = calm.signal.aborted ? -1 : drawOf(ANSWERS, draws);
      if (chosen !== i) return false;
      note(body, fault.kind);
      return true;
    },
  }));
  const others = [...LATE, ...SPOILT].map(([fault, share], i): Fault => ({
    ...fault,
    times: Infinity,
    match: (body) => {
      const isTaken = i >= LATE.length && chosen >= 0;
      if (calm.signal.aborted || isTaken || !draws.isLucky(share)) return false;
      note(body, fault.kind);
      return true;
    },
  }));
  const script = model(calm.signal);
  const simulator = await createSimulator({
    seed,
    script,
    chunkSize: 200,
    faults: [...answers, ...others],
  });
  return {
    simulator,
    faults: () => faults,
    struck: (run) => hits.get(run) ?? [],
    requests: () => {
      const all = simulator.requests().filter(({ status }) => status !== 429);
      const byRun = (some: typeof all) => sumBy(some, ({ body }) => [runOf(body), 1]);
      return { arrived: byRun(all), givenUp: byRun(all.filter(({ aborted }) => aborted)) };
    },
    calm: () => calm.abort(),
  };
}

function drawOf(shares: readonly (readonly [Fault, number])[], draws: Draws): number {
  let left = draws.share();
  return shares.findIndex(([, share]) => (left -= share) < 0);
}

/** Whose step it was: each request says so. */
function runOf(body: Json | undefined): string {
  const metadata = Reflect.get(Object(body), "metadata");
  return String(Reflect.get(Object(metadata), "assistants_budget_run") ?? "none");
}
