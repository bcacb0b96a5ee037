import type { Loop } from "./loop.ts";
import { type ToolSettings, wholeNumber } from "./options.ts";
import { DOES, traitsOf } from "./tool-traits.ts";
import { wordHash } from "./word-hash.ts";

/** Names come from a model: it may make up any number of them. */
const MOST = 64;

/** A tool of the run. */
export interface Tool {
  readonly hash: number;
  /** Bits of `DOES`. */
  readonly traits: number;
  readonly polling: boolean | undefined;
  readonly maxCalls: number;
  calls: number;
}

/** The tools of a run, by name: what they do, and how often they were called. */
export class Tools {
  readonly #settings: ReadonlyMap<string, ToolSettings>;
  readonly #byName = new Map<string, Tool>();

  constructor(settings: Readonly<Record<string, ToolSettings>>) {
    this.#settings = new Map(Object.entries(settings));
    for (const [name, { maxCalls }] of this.#settings) {
      const path = `tools.${name}.maxCalls`;
      wholeNumber(maxCalls, { path, least: 1, most: Number.MAX_SAFE_INTEGER, default: 1 });
    }
  }

  /** The tool of that name, called once more. */
  called(name: string): Tool {
    let tool = this.#byName.get(name);
    if (tool === undefined) {
      tool = this.#made(name);
      if (this.#byName.size < MOST || this.#settings.has(name)) this.#byName.set(name, tool);
    }
    tool.calls++;
    return tool;
  }

  /** Was it called as often as its settings allow, or more often? */
  overstepped({ calls, maxCalls }: Tool): Loop | undefined {
    if (calls < maxCalls) return undefined;
    const action = calls === maxCalls ? "warn" : "stop";
    return { kind: "max-calls", repeats: calls, cycle: 1, action };
  }

  /** A new run: counts begin anew. */
  restart(): void {
    for (const tool of this.#byName.values()) tool.calls = 0;
  }

  #made(name: string): Tool {
    const { idempotent, polling, maxCalls = Infinity } = this.#settings.get(name) ?? {};
    let traits = traitsOf(name);
    if (idempotent === true) traits = (traits | DOES.read) & ~(DOES.make | DOES.note);
    if (idempotent === false) traits = (traits | DOES.make) & ~(DOES.read | DOES.note);
    return { hash: wordHash(name.slice(0, 256)), traits, polling, maxCalls, calls: 0 };
  }
}
