/**
 * What a store must do, once more and as plainly as can be: lists that are summed up, nothing kept.
 * It shares no code with any store.
 */
import type { Charge, ReserveRequest, WindowAt, WindowClaim } from "@assistants-budget/core/store";

/** What one hold has in one window: held, then spent. */
interface Part {
  readonly window: ModelWindow;
  readonly unit: WindowClaim["unit"];
  readonly held: number;
  spent: number;
  at: number;
}

interface ModelWindow {
  readonly at: WindowAt;
  readonly parts: Part[];
  /** How far charges went beyond what was held for them. */
  excess: number;
}

export interface ModelHold {
  readonly request: ReserveRequest;
  readonly parts: readonly Part[];
  readonly outputTokens: number;
  readonly ceiling: { readonly nano: number; readonly tokens: number };
  expiresAt: number;
  state: "open" | "released" | Charge["known"];
}

/** What a window may have spent: a rolling one keeps a charge a little longer than its period. */
interface Standing {
  readonly atLeast: number;
  readonly atMost: number;
  readonly held: number;
  readonly excess: number;
}

export interface Model {
  readonly holds: Map<string, ModelHold>;
  inForce(asked: WindowAt): ModelWindow;
  standing(asked: WindowAt): Standing;
  hold(request: ReserveRequest, outputTokens: number): void;
  end(hold: ModelHold, charge?: Charge): void;
}

/** What a claim takes with so many output tokens, in whole units. */
export function takenBy(
  { fixed, perOutput }: Pick<WindowClaim, "fixed" | "perOutput">,
  outputTokens: number,
): number {
  return Math.ceil((fixed + perOutput * outputTokens) / 1000);
}

export function model(now: () => number): Model {
  const windows: ModelWindow[] = [];
  const holds = new Map<string, ModelHold>();
  let latest = -Infinity;

  function inForce(asked: WindowAt): ModelWindow {
    latest = Math.max(latest, now());
    const own = windows.filter(({ at }) => at.family === asked.family);
    const current = own.find(({ at }) => at.start <= now() && now() < at.end);
    if (current) return current;
    const ends = own.map(({ at }) => at.end).filter((until) => until <= now());
    const starts = own.map(({ at }) => at.start).filter((start) => start > now());
    const at = { start: Math.max(asked.start, ...ends), end: Math.min(asked.end, ...starts) };
    return { at: { ...asked, ...at }, parts: [], excess: 0 };
  }

  function standing(asked: WindowAt): Standing {
    const { at, parts, excess } = inForce(asked);
    const spentSince = (moment: number) =>
      parts.reduce((sum, part) => (part.at > moment ? sum + part.spent : sum), 0);
    const held = parts.reduce((sum, part) => (part.at === Infinity ? sum + part.held : sum), 0);
    const { rollingMs } = at;
    if (rollingMs === undefined) {
      const spent = spentSince(-Infinity);
      return { atLeast: spent, atMost: spent, held, excess };
    }
    const bucket = Math.ceil(rollingMs / 62);
    // What had left by the latest time ever seen need not come back with an earlier one.
    const atLeast = spentSince(latest - rollingMs);
    return { atLeast, atMost: spentSince(now() - rollingMs - bucket), held, excess };
  }

  function hold(request: ReserveRequest, outputTokens: number): void {
    const parts = request.claims.map((claim) => {
      const window = inForce(claim);
      if (!windows.includes(window)) windows.push(window);
      const held = takenBy(claim, outputTokens);
      // Not charged yet: at the end of time, where it counts as held.
      const part: Part = { window, unit: claim.unit, held, spent: 0, at: Infinity };
      window.parts.push(part);
      return part;
    });
    const nano = takenBy(request.ceiling, outputTokens);
    const tokens = request.facts.promptTokens + outputTokens;
    const expiresAt = now() + request.ttlMs;
    const ceiling = { nano, tokens };
    holds.set(request.hold, { request, parts, outputTokens, ceiling, expiresAt, state: "open" });
  }

  function end(ended: ModelHold, charge?: Charge): void {
    for (const part of ended.parts) {
      const amounts = { usd: charge?.nano ?? 0, tokens: charge?.tokens ?? 0, runs: part.held };
      const spent = charge ? amounts[part.unit] : 0;
      const before = part.at === Infinity ? part.held : part.spent;
      part.window.excess += Math.max(0, spent - before);
      part.spent = spent;
      if (part.at === Infinity) part.at = now();
    }
    ended.state = charge?.known ?? "released";
  }

  return { holds, inForce, standing, hold, end };
}
