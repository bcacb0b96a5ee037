/** What the main is asked of a window that all tags share. */
import type { WindowAt, WindowClaim, WindowState } from "@assistants-budget/core/store";
import { subjectKey } from "../hot-texts.ts";
import { part } from "../keys.ts";
import { LEND, LENT } from "../lua/tags/lend.ts";
import { howItCounts } from "../operation.ts";
import { int, text } from "../replies.ts";
import type { Call, Scripts } from "../script.ts";
import { factsText, statesOf } from "../window-states.ts";

/** How a slice stands at its tag. Of both sums only more can come: they may be told in any order. */
export interface Told {
  /** Of which window it is. */
  readonly start: number;
  readonly taken: number;
  readonly back: number;
  readonly spent: number;
  /** By how many writes of the tag: the larger the later. */
  readonly at: number;
}

/** Of a slice that nobody here knows. */
export const UNTOLD: Told = { start: -1, taken: 0, back: 0, spent: 0, at: 0 };

type Window = WindowAt & Pick<WindowClaim, "limit" | "cap">;

export interface Asked {
  readonly account: string;
  readonly window: Window;
  readonly told: Told;
  /** The least and the most that is wanted, in whole units; by default nothing is. */
  readonly least?: number;
  readonly most?: number;
  readonly thresholds?: readonly number[];
  /** What the step takes at least, where no slice could be had: the limit may be exhausted. */
  readonly needs?: number;
  /** For which hold: windows that begin for the same one are no history of each other. */
  readonly hold?: string;
  /** No more than is wanted. */
  readonly exactly?: boolean;
  /** The window begins, whatever comes of it. */
  readonly begin?: boolean;
  /** Of accounts: what was spent and what is held, before there were slices. */
  readonly before?: readonly (readonly [account: string, spent: number, held: number])[];
}

export interface Answer {
  /** `history`: it would begin, and tags have spent before. `stale`: the clock is not in it. */
  readonly kind: "lent" | "none" | "stale" | "history";
  readonly now: number;
  readonly taken: number;
  readonly back: number;
  /** As it stands at the main: what was told as spent, and the rest of what was lent as held. */
  readonly state: WindowState;
  /** What of it is not of this account. */
  readonly elsewhere: { readonly spent: number; readonly held: number };
  readonly noticed: boolean;
}

export async function askMain(
  main: Scripts,
  keepMs: number,
  { account, window, told, least = 0, most = 0, ...asked }: Asked,
): Promise<Answer> {
  const { family, start, end, zone, scope, subject, limit, cap } = window;
  const { thresholds = [], needs = 0, hold = "", begin = false, exactly = false, before } = asked;
  const names = [account, part(family), String(start), String(end), part(zone)];
  const how = [howItCounts(window), factsText(window), subjectKey(scope, subject)];
  const argsOf = (one: Told, wanted: readonly [number, number]) => [
    String(keepMs),
    ...names,
    ...how,
    ...[limit ?? -1, cap ?? -1, one.start, one.taken, one.back, one.spent, one.at].map(String),
    ...[...wanted].map(String),
    thresholds.join(),
    String(needs),
    begin ? "1" : "0",
    before ? JSON.stringify(before) : "",
    part(hold),
    exactly ? "1" : "0",
  ];
  const call = (args: readonly string[]): Call => ({
    script: LEND,
    keys: [],
    args,
    // What was lent comes back as it was, whatever room there is then.
    again: ([, , , kind, taken, back, sums, more]) => {
      if (kind !== "lent" && kind !== "none") return [];
      const [state] = statesOf([window], sums, more);
      const as = { ...told, start: state?.start ?? start, taken: int(taken), back: int(back) };
      return [call(argsOf(as, [0, 0]))];
    },
  });
  const [, now, , kind, taken, back, sums, more, noticed, own] = await main.run(
    call(argsOf(told, [least, most])),
  );
  if (kind === "stale") {
    const nothing = { spent: 0, held: 0 };
    const state = untouched(window);
    return { kind, now: int(now), taken: 0, back: 0, state, elsewhere: nothing, noticed: false };
  }
  const [state] = statesOf([window], sums, more);
  if (!state || (kind !== "lent" && kind !== "none" && kind !== "history"))
    throw new TypeError(`Redis answered ${String(kind)} of a slice`);
  const mine = { taken: int(taken), back: int(back), spent: own === undefined ? 0 : int(own) };
  return {
    kind,
    now: int(now),
    taken: mine.taken,
    back: mine.back,
    state,
    elsewhere: {
      spent: state.spent - mine.spent,
      held: state.held - Math.max(mine.taken - mine.back - mine.spent, 0),
    },
    noticed: noticed === 1,
  };
}

/** One tag's part in a window, as the main knows it. */
export interface Lent {
  readonly account: string;
  readonly taken: number;
  readonly back: number;
  readonly spent: number;
}

/** What the main has lent of a window, and to whom. */
export async function lentOf(
  main: Scripts,
  { family, start }: Pick<WindowAt, "family" | "start">,
): Promise<readonly Lent[]> {
  const args = [part(family), String(start)];
  const reply = (await main.run({ script: LENT, keys: [], args })).slice(3).map(text);
  return Array.from({ length: reply.length / 2 }, (_, i) => {
    const [taken = 0, back = 0, spent = 0] = (reply[2 * i + 1] ?? "").split(" ").map(Number);
    return { account: reply[2 * i] ?? "", taken, back, spent };
  });
}

function untouched(window: WindowAt): WindowState {
  const { family, scope, subject, unit, period, zone, start, end, rollingMs } = window;
  const at = {
    family,
    scope,
    subject,
    unit,
    period,
    zone,
    start,
    end,
    spent: 0,
    held: 0,
    credit: 0,
  };
  return rollingMs === undefined ? at : { ...at, rollingMs };
}
