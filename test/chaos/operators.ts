/** The operators: they act through any process, also through one that is killed meanwhile, and until they are answered. */
import { setTimeout as sleep } from "node:timers/promises";
import { type ActLine, type Budget, isBudgetError, toProblem } from "@assistants-budget/core";
import { ACTS, type Scene } from "./acts.ts";
import type { AppProcesses } from "./app-processes.ts";
import type { Tell } from "./broken-rule.ts";
import type { Draws } from "./draws.ts";
import type { Freezing } from "./identities.ts";
import { type SaidWord, type Word, say } from "./words.ts";

export interface OperatorsHost {
  readonly processes: AppProcesses;
  readonly slots: readonly number[];
  /** From outside: for an operator's own script. */
  readonly budget: Budget;
  readonly scene: () => Scene;
  readonly kill: (slot: number, draws: Draws) => Promise<void>;
  /** How long somebody stays frozen. */
  readonly frozenMs: number;
  readonly tell: Tell;
  readonly over: AbortSignal;
  readonly stop: AbortSignal;
}

/** What was said, and by which lines it was answered. */
export interface Saying {
  readonly word: Word;
  readonly lines: Set<string>;
}

export interface Operators {
  /** By the ids of the acts. */
  readonly said: ReadonlyMap<string, Saying>;
  operate(on: keyof typeof ACTS, draws: Draws): Promise<void>;
  /** Nobody stays frozen, and the app's limits hold for all. */
  putBack(draws: Draws): Promise<void>;
}

type Answer =
  | { readonly kind: "done"; readonly line: string }
  | { readonly kind: "refused"; readonly why: string }
  /** Perhaps it is done, perhaps not. */
  | { readonly kind: "lost" };

/** A process that is paused answers later; whoever asks does not wait for it. */
const PATIENCE_MS = 1_000;
/** Of so many acts one is said to a process that is killed meanwhile. */
const DYING = 12;

export function operators(host: OperatorsHost): Operators {
  const { processes, slots, budget, scene, kill, frozenMs, tell, over, stop } = host;
  const said = new Map<string, Saying>();
  const frozen = new Map<string, { readonly until: number; readonly freezing: Freezing }>();
  const limited = new Map<string, Readonly<Record<string, string>>>();
  const kills: Promise<void>[] = [];

  /** Says it once, to a process or by a script. */
  async function ask(word: SaidWord, slot: number | undefined): Promise<Answer> {
    const answer = await (slot === undefined ? bySelf(word) : through(slot, word));
    if (answer.kind === "done") said.get(word.id)?.lines.add(answer.line);
    if (answer.kind === "refused") tell("acts", `${JSON.stringify(word)}: ${answer.why}`);
    return answer;
  }

  async function bySelf(word: SaidWord): Promise<Answer> {
    try {
      return { kind: "done", line: (await say(budget, word)).id };
    } catch (error) {
      return answerTo(isBudgetError(error) ? toProblem(error) : { code: String(error) });
    }
  }

  async function through(slot: number, word: SaidWord): Promise<Answer> {
    const origin = await processes.at(slot).origin;
    try {
      const response = await fetch(`${origin}/act`, {
        method: "POST",
        body: JSON.stringify(word),
        signal: AbortSignal.timeout(PATIENCE_MS),
      });
      const body = (await response.json()) as Partial<ActLine & { code: string; detail: string }>;
      if (response.ok && body.id !== undefined) return { kind: "done", line: body.id };
      return answerTo(body);
    } catch {
      return { kind: "lost" };
    }
  }

  /** Whom to say it to; nothing for a script. Now and then to one that is paused, and that carries it out later. */
  function draw(draws: Draws): number | undefined {
    const isAsleep = draws.isLucky(0.1);
    const all = slots.filter((slot) => {
      const { isKilled, isPaused } = processes.at(slot);
      return !isKilled && (isAsleep || !isPaused);
    });
    return over.aborted || all.length === 0 || draws.isLucky(0.2) ? undefined : draws.one(all);
  }

  /** Says it until it is answered, always by the same id; sometimes once more. */
  async function settle(word: Word, draws: Draws): Promise<void> {
    const id = `act-${said.size}`;
    said.set(id, { word, lines: new Set() });
    const dying = said.size % DYING === 0 ? draw(draws) : undefined;
    if (dying !== undefined) {
      const killed = sleep(draws.between(0, 20)).then(() => kill(dying, draws));
      kills.push(killed);
      await ask({ id, word }, dying);
    }
    let times = draws.isLucky(0.3) ? 2 : 1;
    while (times > 0 && !stop.aborted) {
      const { kind } = await ask({ id, word }, draw(draws));
      if (kind === "lost") await sleep(50);
      else times -= 1;
    }
  }

  async function carryOut(word: Word, draws: Draws): Promise<void> {
    const { identities } = scene();
    switch (word.word) {
      case "freeze": {
        const freezing = identities.freezing(word.user);
        await settle(word, draws);
        freezing.answered();
        const until = performance.now() + draws.around(frozenMs);
        frozen.set(word.user, { until, freezing });
        return;
      }
      case "unfreeze": {
        const { freezing } = frozen.get(word.user) ?? {};
        freezing?.thawing();
        await settle(word, draws);
        freezing?.thawed();
        frozen.delete(word.user);
        return;
      }
      case "merge":
        await settle(word, draws);
        identities.merged(word.from, word.into);
        return;
      case "setLimits":
        limited.set(JSON.stringify(word.subject), word.subject);
        return settle(word, draws);
      case "credit":
      case "correct":
        return settle(word, draws);
    }
  }

  async function thaw(draws: Draws, at: number): Promise<void> {
    for (const [user, { until }] of frozen)
      if (until <= at) await carryOut({ word: "unfreeze", user }, draws);
  }

  return {
    said,
    operate: async (on, draws) => {
      if (on === "people") await thaw(draws, performance.now());
      const word = draws.one(ACTS[on])(scene(), draws);
      if (word) await carryOut(word, draws);
    },
    putBack: async (draws) => {
      await thaw(draws, Infinity);
      for (const subject of limited.values())
        await carryOut({ word: "setLimits", subject, limits: null }, draws);
      await Promise.all(kills);
    },
  };
}

function answerTo({ code, detail }: { code?: string; detail?: string }): Answer {
  return code === "store_unavailable"
    ? { kind: "lost" }
    : { kind: "refused", why: `${code}: ${detail}` };
}
