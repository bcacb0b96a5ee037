/** What a run gives back, and what is remembered of it. */
import type {
  Balance,
  Charge,
  Item,
  OpenCall,
  RunRecord,
  StepRecord,
  Stop,
} from "../ledger/index.ts";
import { type Usage, addNano, addUsage, formatUsd, NO_USAGE } from "../rules/index.ts";

/** Money for people and for sums. */
export interface Cost {
  /** Decimal string, without a sign: `'0.000135'`. */
  readonly usd: string;
  /** Nano-dollars, a whole number. */
  readonly nano: number;
}

/** Tokens, in the words of the Assistants API. Cached, cache-write and reasoning tokens are parts, not additions. */
export interface RunUsage {
  readonly promptTokens: number;
  readonly cachedTokens: number;
  readonly cacheWriteTokens: number;
  readonly completionTokens: number;
  readonly reasoningTokens: number;
  readonly totalTokens: number;
}

/** One model call of a run. */
export interface Step {
  readonly id: string;
  /** The model that answered. */
  readonly model: string;
  readonly responseId?: string;
  readonly usage: RunUsage;
  readonly cost: Cost;
  /** How the cost is known. */
  readonly known: Charge["known"];
  /** Why it is not `reported`, or what was odd about it. */
  readonly cause?: string;
  /** Names of the tools that it asked for. */
  readonly toolCalls: readonly string[];
  /** ISO instants. */
  readonly startedAt: string;
  readonly endedAt: string;
}

/** A run as it is remembered: `runs.get(id)`. */
export interface RunSummary {
  readonly id: string;
  readonly thread: string;
  readonly assistant: string;
  readonly status: RunRecord["status"];
  /** The final answer; empty where there is none. */
  readonly text: string;
  readonly steps: readonly Step[];
  readonly usage: RunUsage;
  readonly cost: Cost;
  readonly createdAt: string;
  readonly stop?: Stop;
  /** Calls that a crash cut off, of tools with `sideEffects`: they may or may not have happened, and were not repeated. */
  readonly interrupted?: readonly Pick<OpenCall, "callId" | "name">[];
  readonly metadata?: Readonly<Record<string, string>>;
}

/** A run as `run()` gives it back. */
export interface Run extends RunSummary {
  /** All items that this run added to the thread: the user's, the tools', the answer. */
  readonly output: readonly Item[];
  /** The windows that applied, after the run. */
  readonly balances: readonly Balance[];
}

/** Nano-dollars as the app sees them. */
export function costFrom(nano: number): Cost {
  return { usd: formatUsd(nano), nano };
}

function usageFrom(usage: Usage): RunUsage {
  const { cacheWriteTokens, cacheWrite12hTokens, ...same } = usage;
  return { ...same, cacheWriteTokens: cacheWriteTokens + cacheWrite12hTokens };
}

/** A run as the app sees it. */
export function summaryOf(record: RunRecord): RunSummary {
  const { id, thread, assistant, status, text, steps, createdAt, stop, metadata, interrupted } =
    record;
  return {
    id,
    thread,
    assistant,
    status,
    text,
    steps: steps.map(stepOf),
    usage: usageFrom(steps.reduce((sum, step) => addUsage(sum, step.usage), NO_USAGE)),
    cost: costFrom(steps.reduce((sum, step) => addNano(sum, step.nano), 0)),
    createdAt: new Date(createdAt).toISOString(),
    ...(stop ? { stop } : {}),
    ...(interrupted
      ? { interrupted: interrupted.map(({ callId, name }) => ({ callId, name })) }
      : {}),
    ...(metadata ? { metadata } : {}),
  };
}

/** A step as the app sees it. */
export function stepOf(step: StepRecord): Step {
  const { id, model, responseId, usage, nano, known, cause, toolCalls } = step;
  return {
    id,
    model,
    ...(responseId === undefined ? {} : { responseId }),
    usage: usageFrom(usage),
    cost: costFrom(nano),
    known,
    ...(cause === undefined ? {} : { cause }),
    toolCalls,
    startedAt: new Date(step.startedAt).toISOString(),
    endedAt: new Date(step.endedAt).toISOString(),
  };
}
