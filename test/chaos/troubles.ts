/** What is done to the app's processes and to the store while the storm lasts. */
import { setTimeout as sleep } from "node:timers/promises";
import type { Budget } from "@assistants-budget/core";
import type { Store } from "@assistants-budget/core/store";
import type { Scene } from "./acts.ts";
import type { AppProcesses, Life } from "./app-processes.ts";
import type { Tell } from "./broken-rule.ts";
import type { Draws } from "./draws.ts";
import { type Saying, operators } from "./operators.ts";
import type { Plan } from "./plan.ts";
import type { StoreServer } from "./store-server.ts";

export interface TroubleLog {
  kills: number;
  pauses: number;
  restarts: number;
  recoveries: number;
  /** What operators said, by the ids of their acts. */
  readonly said: ReadonlyMap<string, Saying>;
  /** Holds of killed and paused processes that the store knew no response id for, by their run. */
  readonly unrecorded: Map<string, Set<string>>;
  /** Whether the store is away, or was a moment ago. */
  isStoreAway(): boolean;
  /** Whether it was at any moment since then. */
  readonly wasStoreAway: (since: number) => boolean;
}

export interface TroublesHost {
  readonly plan: Plan;
  readonly processes: AppProcesses;
  readonly server: StoreServer;
  /** Seen from outside. */
  readonly store: Store;
  /** The operators'. */
  readonly budget: Budget;
  /** What they look at. */
  readonly scene: () => Scene;
  readonly tell: Tell;
  readonly over: AbortSignal;
  /** Aborted where the whole run is: then nothing has to be known any more. */
  readonly stop: AbortSignal;
}

/** A process may still be sending to the store when it is killed: so long that may arrive. */
const LAST_WORDS_MS = 700;
const MOMENT_MS = 2_000;
const PATIENCE_MS = 20_000;

export function troubles(host: TroublesHost) {
  const { plan, processes, server, store, budget, scene, tell, over, stop } = host;
  const slots = Array.from({ length: plan.processes }, (_, slot) => slot);
  let awayUntil = -Infinity;
  const office = operators({
    processes,
    slots,
    budget,
    scene,
    kill,
    frozenMs: plan.pauseMs * 2,
    tell,
    over,
    stop,
  });
  const log: TroubleLog = {
    kills: 0,
    pauses: 0,
    restarts: 0,
    recoveries: 0,
    said: office.said,
    unrecorded: new Map(),
    isStoreAway: () => performance.now() < awayUntil,
    wasStoreAway: (since) => awayUntil >= since,
  };

  async function again(every: number, draws: Draws, act: () => Promise<void>): Promise<void> {
    for (;;) {
      await sleep(draws.around(every), undefined, { signal: over }).catch(() => undefined);
      if (over.aborted) return;
      await act();
    }
  }

  /** What a process that fell silent held and nobody can ask for: all that recovery has to assume. */
  async function bury({ owner }: Life): Promise<void> {
    await sleep(LAST_WORDS_MS);
    const giveUp = performance.now() + PATIENCE_MS;
    while (!stop.aborted) {
      try {
        const holds = await store.holds({ expired: false, limit: 10_000 });
        for (const { id, facts, owner: holder, responseId } of holds) {
          if (holder !== owner || responseId !== undefined) continue;
          log.unrecorded.set(facts.run, (log.unrecorded.get(facts.run) ?? new Set()).add(id));
        }
        return;
      } catch (error) {
        // One that is being restarted is asked again.
        if (performance.now() > giveUp) throw error;
        await sleep(50);
      }
    }
  }

  async function kill(slot: number, draws: Draws): Promise<void> {
    if (processes.at(slot).isKilled) return;
    const life = await processes.kill(slot);
    log.kills += 1;
    await bury(life);
    await sleep(draws.between(0, 300));
    if (!over.aborted) processes.start(slot);
  }

  /** For longer than its holds live: others end them, and it wakes up with calls under way. */
  async function pause(draws: Draws): Promise<void> {
    const slot = draws.between(0, plan.processes - 1);
    const life = processes.at(slot);
    if (life.isKilled || life.isPaused) return;
    const goOn = processes.pause(slot);
    const ms = plan.holdTtlMs * (1.2 + draws.share() / 2);
    await Promise.all([bury(life), sleep(ms, undefined, { signal: over }).catch(() => undefined)]);
    await recover(draws);
    goOn();
    log.pauses += 1;
  }

  async function restart(draws: Draws): Promise<void> {
    awayUntil = Infinity;
    await server.restart?.(draws.one(["kill", "shutdown"]), draws.between(0, 800));
    log.restarts += 1;
    awayUntil = performance.now() + MOMENT_MS;
  }

  async function recover(draws: Draws): Promise<void> {
    const living = slots.filter((slot) => {
      const { isKilled, isPaused } = processes.at(slot);
      return !isKilled && !isPaused;
    });
    if (living.length === 0) return;
    const origin = await processes.at(draws.one(living)).origin;
    // One that is killed meanwhile, or finds the store away, recovers nothing: another one will.
    const asked = fetch(`${origin}/recover`, { method: "POST", signal: over });
    const response = await asked.catch(() => undefined);
    if (response?.ok) log.recoveries += 1;
  }

  return {
    log,
    /** Until the storm is over, and what was begun is done. */
    rage: async (rows: () => Draws): Promise<void> => {
      const [kills, pauses, restarts, recoveries] = [rows(), rows(), rows(), rows()];
      const [money, people] = [rows(), rows()];
      await Promise.all([
        again(plan.killEveryMs, kills, () => kill(kills.between(0, plan.processes - 1), kills)),
        again(plan.pauseEveryMs, pauses, () => pause(pauses)),
        again(plan.recoverEveryMs, recoveries, () => recover(recoveries)),
        again(plan.actEveryMs, money, () => office.operate("money", money)),
        again(plan.actEveryMs, people, () => office.operate("people", people)),
        ...(server.restart ? [again(plan.restartEveryMs, restarts, () => restart(restarts))] : []),
      ]);
      await office.putBack(people);
    },
  };
}
