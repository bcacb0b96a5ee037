import type { Call } from "./call.ts";
import { paired } from "./digest.ts";
import { type Loop, judged } from "./loop.ts";
import type { Limits, ThreadMemory } from "./options.ts";

const NOTHING: ThreadMemory = { end: 0, ends: 0, chain: 0, chains: 0 };

/** Finds runs of a thread that fail one after another in the same way. */
export class AcrossRuns {
  readonly #limits: Limits;
  #memory: ThreadMemory;
  #end = 0;
  #chain = 0;

  constructor(limits: Limits, memory: ThreadMemory = NOTHING) {
    this.#limits = limits;
    this.#memory = memory;
  }

  /** Hashes and counts of the runs that have ended. */
  get memory(): ThreadMemory {
    return this.#memory;
  }

  judge({ signature, result, key }: Call): Loop | undefined {
    const { end, ends, chain, chains } = this.#memory;
    this.#chain = paired(this.#chain, key);
    this.#end = result.isError ? paired(signature.soft, result.errorLine) : 0;
    const sameEnds = this.#end !== 0 && this.#end === end ? ends + 1 : 0;
    const sameChains = this.#chain === chain ? chains + 1 : 0;
    return judged("across-runs", Math.max(sameEnds, sameChains), this.#limits.runs);
  }

  /** A run has ended: one that went well clears the memory. */
  endRun(outcome: "ok" | "failed"): void {
    const { end, ends, chain, chains } = this.#memory;
    const isSameEnd = this.#end !== 0 && this.#end === end;
    const isSameChain = this.#chain === chain;
    this.#memory =
      outcome === "ok"
        ? NOTHING
        : {
            end: this.#end,
            ends: isSameEnd ? ends + 1 : Math.min(1, this.#end),
            chain: this.#chain,
            chains: isSameChain ? chains + 1 : 1,
          };
    this.#end = this.#chain = 0;
  }
}
