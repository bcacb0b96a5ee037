/** One run: everything is set up, the storm is let loose, and what is left is looked at. */
import { createBudget } from "@assistants-budget/core";
import type { AppSettings } from "./app-process.ts";
import { appProcesses } from "./app-processes.ts";
import type { BrokenRule, Tell } from "./broken-rule.ts";
import { type Tally, client } from "./clients.ts";
import { rowsOf } from "./draws.ts";
import { settleUp } from "./ending.ts";
import { identities } from "./identities.ts";
import { limitsOf, noonZone } from "./limits.ts";
import { openStore } from "./open-store.ts";
import type { Plan } from "./plan.ts";
import { startProvider } from "./provider.ts";
import { sampler } from "./sampler.ts";
import { type Phase, type Standing, standingOf } from "./standing.ts";
import { storeServer } from "./store-server.ts";
import { people as peopleOf } from "./subjects.ts";
import { knownThreads } from "./threads.ts";
import { troubles } from "./troubles.ts";
import { windowsOf } from "./windows.ts";

export interface ChaosHost {
  /** Aborted from outside: everything is ended at once, and nothing is checked. */
  readonly stop: AbortSignal;
  readonly progress: (standing: Standing) => void;
}

export async function runChaos(plan: Plan, { stop, progress }: ChaosHost): Promise<Standing> {
  await using closing = new AsyncDisposableStack();
  const rows = rowsOf(plan.seed);
  const broken: BrokenRule[] = [];
  const failed = new AbortController();
  const tell: Tell = (rule, numbers) => {
    broken.push({ rule, numbers });
    failed.abort();
  };

  const server = await storeServer(plan.store, closing);
  const provider = await startProvider(plan.seed, rows());
  closing.defer(() => provider.simulator.close());
  const { store, end } = openStore(server.place);
  closing.defer(async () => {
    await store.close();
    await end();
  });

  const timeZone = noonZone(Date.now());
  const limits = limitsOf(plan);
  const people = peopleOf(plan);
  const settings: AppSettings = {
    place: server.place,
    baseURL: provider.simulator.url,
    limits,
    timeZone,
    holdTtlMs: plan.holdTtlMs,
    idleTimeout: `${plan.idleMs}ms`,
    planted: plan.planted,
  };
  const startedAt = Date.now();
  const windows = await windowsOf(store, people, { limits, timeZone });
  const processes = appProcesses(settings, rows(), tell);
  closing.defer(() => processes.destroy());
  const slots = Array.from({ length: plan.processes }, (_, slot) => slot);
  for (const slot of slots) processes.start(slot);
  await Promise.all(slots.map((slot) => processes.at(slot).origin));

  const storm = AbortSignal.any([stop, failed.signal, AbortSignal.timeout(plan.ms)]);
  const users = identities();
  const observer = sampler({ store, windows, tell });
  const trouble = troubles({
    plan,
    processes,
    server,
    store,
    budget: createBudget({ store, limits, timeZone, apiKey: "none" }),
    scene: () => ({ people, windows, identities: users, lines: observer.sampled.lines }),
    tell,
    over: storm,
    stop,
  });
  const isStoreAway = () => trouble.log.isStoreAway();
  const threads = knownThreads({ isStoreAway, identities: users });
  const tally: Tally = { runs: 0, answered: 0, seen: new Map() };
  const began = performance.now();
  const standing = (phase: Phase) => {
    const { sampled } = observer;
    const ms = performance.now() - began;
    return standingOf({ phase, ms, tally, provider, processes, sampled, broken, log: trouble.log });
  };
  let phase: Phase = "storm";
  const timer = setInterval(() => progress(standing(phase)), 250);
  closing.defer(() => clearInterval(timer));

  const watched = new AbortController();
  const watching = observer.watch(watched.signal);
  const { pauseMs } = plan;
  const about = { people, threads, identities: users };
  const { wasStoreAway } = trouble.log;
  const host = { ...about, wasStoreAway, processes, tally, tell, pauseMs, over: storm };
  const clients = slots.flatMap((slot) =>
    Array.from({ length: plan.runsAtOnce }, () => client(host, slot, rows())),
  );
  const raging = trouble.rage(rows);
  await once(storm);
  phase = "calm";
  provider.calm();
  // Also for whoever stops the run: a store that is being restarted could not be taken away.
  await raging;
  const calm = async () => {
    await Promise.all(clients);
    await processes.end();
    await provider.simulator.idle();
  };
  // Whoever stops a run does not wait for what is under way; everything ends with `closing`.
  await Promise.race([calm(), once(stop)]);
  watched.abort();
  await watching;
  if (stop.aborted) return standing("calm");

  if (tally.answered === 0) tell("outcomes", "nobody was answered, so nothing was shown");
  phase = "checking";
  await observer.look();
  const { log } = trouble;
  const { sampled } = observer;
  const known = { windows, people, threads: threads.all(), identities: users };
  const after = { plan, server, provider, sampled, log, ...known };
  const books = await Promise.race([settleUp({ ...after, timeZone, startedAt, tell }), once(stop)]);
  return { ...standing("checking"), ...(books ? { books } : {}) };
}

function once(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
}
