/**
 * What a store must do, once more and as plainly as can be: lists that are summed up, nothing kept.
 * It shares no code with any store.
 */
import type { Charge, ReserveRequest, WindowAt, WindowClaim } from "@assistants-budget/core/store";

export interface ModelHold {
  readonly request: ReserveRequest;
  readonly outputTokens: number;
  readonly ceiling: { readonly nano: number; readonly tokens: number };
  expiresAt: number;
  state: "open" | "released" | "charged";
  /** When it was charged. */
  at: number;
  /** What it comes to with all that was corrected and adjusted. */
  spent: { readonly nano: number; readonly tokens: number };
  /** It was charged as assumed, and nobody has known better. */
  isAssumed: boolean;
}

/** What one hold has in one window: held, then spent. A run is as much as was taken for it. */
interface Part {
  readonly hold: ModelHold;
  readonly held: number;
}

export interface ModelWindow {
  readonly at: WindowAt;
  readonly parts: Part[];
  credit: number;
}

/** What a window may have spent: a rolling one keeps a charge a little longer than its period. */
interface Standing {
  readonly atLeast: number;
  readonly atMost: number;
  readonly held: number;
}

export interface Model {
  readonly holds: Map<string, ModelHold>;
  /** The window around now; one that has not begun is seeded, if it is to be. */
  inForce(asked: WindowAt): ModelWindow;
  hasBegun(window: ModelWindow): boolean;
  standing(window: ModelWindow): Standing;
  hold(request: ReserveRequest, outputTokens: number): void;
  charge(hold: ModelHold, charge: Charge): void;
  release(hold: ModelHold): void;
  adjust(hold: ModelHold, nano: number): void;
  credit(asked: WindowAt, amount: number): void;
  merge(user: string, into: string): void;
  /** Who a user is by now. */
  readonly userOf: (name: string) => string;
}

/** What a claim takes with so many output tokens, in whole units. */
export function takenBy(
  { fixed, perOutput }: Pick<WindowClaim, "fixed" | "perOutput">,
  outputTokens: number,
): number {
  return Math.ceil((fixed + perOutput * outputTokens) / 1000);
}

/** The same window of somebody else. */
export function ofUser(at: WindowAt, subject: string): WindowAt {
  const { scope, unit, period } = at;
  return { ...at, subject, family: `${scope}|${unit}|${period}|${subject}` };
}

function isIn({ start, end }: WindowAt, moment: number): boolean {
  return start <= moment && moment < end;
}

export function model(now: () => number): Model {
  let windows: ModelWindow[] = [];
  const holds = new Map<string, ModelHold>();
  const aliases = new Map<string, string>();

  function userOf(name: string): string {
    const alias = aliases.get(name);
    return alias === undefined ? name : userOf(alias);
  }

  function windowAround(asked: WindowAt, moment: number): ModelWindow {
    const own = windows.filter(({ at }) => at.family === asked.family);
    const current = own.find(({ at }) => isIn(at, moment));
    if (current) return current;
    const ends = own.map(({ at }) => at.end).filter((until) => until <= moment);
    const starts = own.map(({ at }) => at.start).filter((start) => start > moment);
    const stretch = { start: Math.max(asked.start, ...ends), end: Math.min(asked.end, ...starts) };
    const at = { ...asked, ...stretch };
    const isNew = own.length === 0;
    const isKnown = windows.some(
      (one) => one.at.scope === asked.scope && one.at.subject === asked.subject,
    );
    return { at, parts: isNew && isKnown ? historyOf(at) : [], credit: 0 };
  }

  /** Every hold of the subject that is open, and every one that was charged in the window. */
  function historyOf(at: WindowAt): Part[] {
    const runs = new Set<string>();
    const charged = [...holds.values()].filter(({ state, at: moment }) => {
      const since = at.rollingMs === undefined ? at.start - 1 : now() - at.rollingMs;
      return state === "charged" && moment > since && moment < at.end;
    });
    const open = [...holds.values()].filter(({ state }) => state === "open");
    return [...charged, ...open].flatMap((hold) => {
      const { user, run, subjects } = hold.request.facts;
      const whose = at.scope === "user" ? userOf(user) : subjects?.[at.scope];
      if (whose !== at.subject) return [];
      const { nano, tokens } = hold.ceiling;
      const amounts = { usd: nano, tokens, runs: runs.has(run) ? 0 : 1 };
      runs.add(run);
      return { hold, held: amounts[at.unit] };
    });
  }

  function begun(window: ModelWindow): ModelWindow {
    if (!windows.includes(window)) windows.push(window);
    return window;
  }

  function standing({ at, parts }: ModelWindow): Standing {
    const spentOf = ({ hold, held }: Part): number =>
      ({ usd: hold.spent.nano, tokens: hold.spent.tokens, runs: held })[at.unit];
    const sum = (isWanted: (hold: ModelHold) => boolean, amountOf: (part: Part) => number) =>
      parts.reduce((total, part) => (isWanted(part.hold) ? total + amountOf(part) : total), 0);
    const held = sum(
      ({ state }) => state === "open",
      (part) => part.held,
    );
    const spentSince = (moment: number) =>
      sum(({ state, at: charged }) => state === "charged" && charged > moment, spentOf);
    const { rollingMs } = at;
    if (rollingMs === undefined || !windows.some((one) => one.at.family === at.family)) {
      const spent = spentSince(-Infinity);
      return { atLeast: spent, atMost: spent, held };
    }
    const bucket = Math.ceil(rollingMs / 62);
    return {
      atLeast: spentSince(now() - rollingMs),
      atMost: spentSince(now() - rollingMs - bucket),
      held,
    };
  }

  function merge(user: string, into: string): void {
    const inForceOf = (name: string) =>
      windows.filter(({ at }) => at.scope === "user" && at.subject === name && isIn(at, now()));
    const missing = [
      ...inForceOf(user).map(({ at }) => ofUser(at, into)),
      ...inForceOf(into).map(({ at }) => ofUser(at, user)),
    ].map((at) => windowAround(at, now()));
    missing.forEach(begun);
    const moving = windows.filter(
      ({ at }) => at.scope === "user" && at.subject === user && at.end > now(),
    );
    for (const window of moving) {
      const moment = Math.max(now(), window.at.start);
      const target = begun(windowAround(ofUser(window.at, into), moment));
      target.parts.push(...window.parts);
      target.credit += window.credit;
    }
    windows = windows.filter((window) => !moving.includes(window));
    aliases.set(user, into);
  }

  return {
    holds,
    inForce: (asked) => windowAround(asked, now()),
    hasBegun: (window) => windows.includes(window),
    standing,
    hold: (request, outputTokens) => {
      const nano = takenBy(request.ceiling, outputTokens);
      const tokens = request.facts.promptTokens + outputTokens;
      const hold: ModelHold = {
        request,
        outputTokens,
        ceiling: { nano, tokens },
        expiresAt: now() + request.ttlMs,
        state: "open",
        at: Infinity,
        spent: { nano: 0, tokens: 0 },
        isAssumed: false,
      };
      // All windows are looked for before one begins: none is another one's history.
      const found = request.claims.map((claim) => windowAround(claim, now()));
      for (const [i, claim] of request.claims.entries()) {
        const window = found[i];
        if (window) begun(window).parts.push({ hold, held: takenBy(claim, outputTokens) });
      }
      holds.set(request.hold, hold);
    },
    charge: (hold, charge) => {
      if (hold.state === "open") hold.at = now();
      hold.state = "charged";
      hold.spent = { nano: charge.nano, tokens: charge.tokens };
      hold.isAssumed = charge.known === "assumed";
    },
    release: (hold) => {
      hold.state = "released";
    },
    adjust: (hold, nano) => {
      hold.spent = { nano, tokens: hold.spent.tokens };
      hold.isAssumed = false;
    },
    credit: (asked, amount) => {
      begun(windowAround(asked, now())).credit += amount;
    },
    merge,
    userOf,
  };
}
