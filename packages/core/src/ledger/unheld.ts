/** Steps that go out although nothing could be held for them: `onStoreError: 'allow'`, the app's own choice. */
import { v7 as uuid } from "uuid";
import { claimAmount } from "../rules/index.ts";
import type { Demand, Hold } from "./demand.ts";
import type { Charge, ReserveRequest } from "./store.ts";

/** What a step was granted, or would have been, had it been asked for. Plain data: it may wait on a disk. */
export interface Unheld {
  readonly demand: Omit<Demand, "signal" | "waitMs">;
  readonly outputTokens: number;
}

/** Without what is no data. */
export function stepOf(
  { signal: _signal, waitMs: _waitMs, ...demand }: Demand,
  outputTokens: number,
): Unheld {
  return { demand, outputTokens };
}

export interface UnheldSteps {
  /** How many are under way. */
  readonly size: number;
  has(hold: string): boolean;
  /** A hold that is none: what it comes to is written when the store is back. */
  begin(demand: Demand): Hold;
  /** It is over; gives back what is to be held afterwards. */
  end(hold: string): Unheld | undefined;
}

export function unheldSteps(): UnheldSteps {
  const underWay = new Map<string, Unheld>();
  return {
    get size() {
      return underWay.size;
    },
    has: (hold) => underWay.has(hold),
    begin: (demand) => {
      const id = `hold_${uuid()}`;
      const { promptTokens, rates } = demand.ceiling;
      const whole = { fixed: promptTokens * rates.prompt, perOutput: rates.completion };
      const outputTokens = demand.output.max;
      underWay.set(id, stepOf(demand, outputTokens));
      return { id, outputTokens, ceiling: claimAmount(whole, outputTokens), fresh: () => true };
    },
    end: (hold) => {
      const one = underWay.get(hold);
      underWay.delete(hold);
      return one;
    },
  };
}

/** What was spent is written, whatever room there is for it now. */
export function withoutLimits(request: ReserveRequest, outputTokens: number): ReserveRequest {
  return {
    ...request,
    output: { min: outputTokens, max: outputTokens },
    claims: request.claims.map((claim) => ({ ...claim, limit: null })),
  };
}

/** The line says that nothing was held, and why. */
export function unheldCharge(charge: Charge, why: string): Charge {
  const cause = `not held: ${why}`;
  return { ...charge, cause: charge.cause === undefined ? cause : `${charge.cause}; ${cause}` };
}
