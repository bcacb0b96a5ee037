/** Tools that keep failing are not called for a while: each call costs a step that reads the same error. */

/** Failures in a row after which a tool rests. */
const FAILURES = 3;

/** How many rounds of calls it rests; then one call is let through, to see. */
const REST = 2;

export interface ToolBreaker {
  /** What a call is told in place of being made; nothing where it may be. */
  resting(tool: string): string | undefined;
  /** To be told how a call went. */
  report(tool: string, failed: boolean): void;
  /** A round of calls is over. */
  roundOver(): void;
}

interface Health {
  failures: number;
  /** Rounds still to rest. */
  rest: number;
}

/** Of one run: what one user's calls bring about must not close a tool for all others. */
export function toolBreaker(): ToolBreaker {
  const tools = new Map<string, Health>();
  return {
    resting: (tool) => {
      const { failures = 0, rest = 0 } = tools.get(tool) ?? {};
      if (rest === 0) return undefined;
      return `${tool} has failed ${failures} times in a row and is not called for now. Go on without it, or answer with what you know.`;
    },
    report: (tool, failed) => {
      if (!failed) return void tools.delete(tool);
      const failures = (tools.get(tool)?.failures ?? 0) + 1;
      // One more for the round in which it fails.
      tools.set(tool, { failures, rest: failures >= FAILURES ? REST + 1 : 0 });
    },
    roundOver: () => {
      for (const health of tools.values()) health.rest = Math.max(0, health.rest - 1);
    },
  };
}
