/** Looks at all windows several times a second, from outside, through the store's own contract. */
import { setTimeout as sleep } from "node:timers/promises";
import type { LedgerLine } from "@assistants-budget/core";
import type { Store, WindowState } from "@assistants-budget/core/store";
import { linesAfter } from "./books.ts";
import { type Tell, usd } from "./broken-rule.ts";
import { namedCauses } from "./causes.ts";
import { type Spoken, spoken } from "./spoken.ts";
import type { KnownWindow } from "./windows.ts";

const PAUSE_MS = 100;

export interface Sampled {
  /** Looks that the store answered. */
  looks: number;
  /** The most that a window stood above its limit without a line that says why: nano-dollars. */
  maxOvershoot: number;
  /** What all users together had spent and held when last looked at: nano-dollars. */
  spent: number;
  held: number;
  /** Every line, in the order in which they came to be seen. */
  readonly lines: LedgerLine[];
}

export interface SamplerHost {
  readonly store: Store;
  readonly windows: readonly KnownWindow[];
  readonly tell: Tell;
}

export function sampler({ store, windows, tell }: SamplerHost) {
  const sampled: Sampled = { looks: 0, maxOvershoot: 0, spent: 0, held: 0, lines: [] };

  const told: Spoken = spoken();
  /** How many lines had been read at the last look and at the one before it. */
  let [read, readBefore] = [0, 0];
  /** How full each window was at the last look, and which one of its family it was. */
  const levels = new Map<string, { readonly start: number; readonly level: number }>();

  /**
   * As it was filled at the last look, or up to its limit, and beyond that only by what lines name
   * since then. The windows of the last look may have been older than its lines: those count again.
   */
  function check(window: KnownWindow, state: WindowState): void {
    const { family, start, spent, held, credit } = state;
    const last = levels.get(family);
    const level = spent + held - credit;
    levels.set(family, { start, level });
    const limit = told.highest(window, readBefore);
    const before = last?.start === start ? last.level : 0;
    if (level <= Math.max(limit, before)) return;
    const causes = namedCauses(sampled.lines.slice(readBefore), state, told);
    const unexplained = level - Math.max(limit, before) - causes;
    if (unexplained <= 0) return;
    sampled.maxOvershoot = Math.max(sampled.maxOvershoot, unexplained);
    const stands = `${usd(spent)} spent and ${usd(held)} held of ${usd(limit)} and ${usd(credit)} of credit`;
    const was = `${usd(before)} at the last look`;
    tell(
      "window",
      `${family}: ${stands}, ${was}, ${usd(unexplained)} without a line that says why`,
    );
  }

  async function look(): Promise<void> {
    const states = await store.windows(windows.map(({ at }) => at));
    // Read after the windows: each line is written together with what it does to them.
    const lines = await linesAfter(store, sampled.lines.at(-1)?.id);
    for (const line of lines) told.take(line);
    sampled.lines.push(...lines);
    for (const [i, state] of states.entries()) {
      const window = windows[i];
      if (window) check(window, state);
    }
    readBefore = read;
    read = sampled.lines.length;
    const app = states.filter(({ scope, period }) => scope === "app" && period === "day");
    sampled.spent = app.reduce((sum, { spent }) => sum + spent, 0);
    sampled.held = app.reduce((sum, { held }) => sum + held, 0);
    sampled.looks += 1;
  }

  return {
    sampled,
    look,
    /** Looks again and again until it is told to stop. */
    watch: async (stop: AbortSignal): Promise<void> => {
      while (!stop.aborted) {
        // A store that is away is looked at later; each look that it answers counts.
        await look().catch(() => undefined);
        await sleep(PAUSE_MS, undefined, { signal: stop }).catch(() => undefined);
      }
    },
  };
}
