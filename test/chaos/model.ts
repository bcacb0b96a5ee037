/** The model's part: what a message wishes for stands in the message, so that it is drawn by who sends it. */
import { setTimeout as sleep } from "node:timers/promises";
import type { ModelScript } from "@assistants-budget/simulator";
import type { Draws } from "./draws.ts";

export const MODEL = "gpt-4o-mini";
export const TOOL = "lookUpOrder";

/** What a turn shall come to. */
export interface Wish {
  /** Rounds of tool calls before the answer. */
  readonly rounds: number;
  /** The answer's length; it may be longer than the step's cap. */
  readonly tokens: number;
  /** The longest that the model thinks before a step, ms; now and then far longer. */
  readonly pauseMs: number;
}

export function drawWish(draws: Draws, pauseMs: number): Wish {
  const rounds = draws.isLucky(0.15) ? draws.between(3, 6) : draws.between(0, 2);
  return { rounds, tokens: draws.between(20, 500), pauseMs };
}

export function messageOf({ rounds, tokens, pauseMs }: Wish): string {
  return `Where are my orders? rounds=${rounds} tokens=${tokens} pause=${pauseMs}`;
}

/** @param calm Aborted when the storm is over: then nobody thinks any longer. */
export function model(calm: AbortSignal): ModelScript {
  return async (call) => {
    const [rounds = 0, tokens = 20, pauseMs = 0] = numbersIn(call.lastUserText);
    // Now and then longer than the app's patience with a silent stream.
    const longest = call.random() < 0.01 ? pauseMs * 5 : pauseMs;
    const ms = Math.floor(call.random() * longest);
    await sleep(ms, undefined, { signal: calm }).catch(() => undefined);
    const { round, toolChoice, random } = call;
    if (round >= rounds || !toolChoice.names.includes(TOOL)) return { outputTokens: tokens };
    const orders = random() < 0.3 ? [0, 1] : [0];
    return {
      toolCalls: orders.map((i) => ({ name: TOOL, arguments: { order: `A-${round}${i}` } })),
    };
  };
}

function numbersIn(message: string): readonly number[] {
  return [...message.matchAll(/=(\d+)/g)].map(([, digits]) => Number(digits));
}
