/** Slices of what all tags share: up at the main first, down at the tag first. */
import {
  type ReserveRequest,
  type WindowAt,
  type WindowClaim,
  type WindowState,
  claimAmount,
  windowOf,
} from "@assistants-budget/core/store";
import { atOnce } from "./at-once.ts";
import { beginWithHistory } from "./history.ts";
import { type Answer, type Told, UNTOLD, askMain } from "./main-window.ts";
import { recalls } from "./recall.ts";
import {
  HISTORY,
  type Limited,
  type Slice,
  accountOf,
  isNarrow,
  roomIn,
  sliceKey,
  sliceLimit,
  sliceWindow,
  wholeOf,
} from "./slice.ts";
import { type SliceState, atTag, overdrawn } from "./tag-slice.ts";
import type { Tag, Tags } from "./tag.ts";
import { turns } from "./turns.ts";

/** How often the main is asked for one slice: others may take what came back. */
const TRIES = 6;

const NOTHING = { spent: 0, held: 0, credit: 0 };

export interface Lending {
  /** What this process knows of the slice that a claim goes by. */
  sliceOf(tag: Tag, claim: Limited): Slice | undefined;
  /** The slice, where it has room as far as is known: so much of it is being asked for from now on. */
  draw(tag: Tag, claim: WindowClaim, amount: number): Slice | undefined;
  /** The same after the main was asked; its answer, where it has no more. */
  take(tag: Tag, claim: WindowClaim, request: ReserveRequest): Promise<Drawn | Answer>;
  /** Slices as a tag has answered them; where a hold has ended, there may be room that was none. */
  heard(tag: Tag, states: readonly WindowState[], ended?: boolean): Promise<void>;
  /** Tells the main of slices in which more was spent than was lent: nobody else may be granted it. */
  tellOver(tag: Tag): Promise<void>;
  /** A slice as the window that it is of, with what all others have as it was last heard; any other window as it is. */
  shown(state: WindowState, tag: Tag): WindowState;
  /** Something came free that no tag has told. */
  freed(): void;
  /** The window of the slice may have ended. */
  forget(tag: Tag, claim: Limited): void;
  /** Begins a window at the main, with what was spent before. */
  begin(window: WindowAt): Promise<void>;
}

export interface LendingHost {
  readonly tags: Tags;
  readonly keepMs: number;
  /** Whether windows of this scope lie in one tag as they are. */
  readonly isOwn: (scope: string) => boolean;
}

/** What may be asked of a slice. */
export interface Drawn {
  readonly slice: Slice;
  /** So much and no more, where the limit was lowered for this step. */
  readonly lent?: number;
}

/** All that a step may take of a window. */
export function mostOf(claim: WindowClaim, { output }: Pick<ReserveRequest, "output">): number {
  return Math.max(claimAmount(claim, output.max), 1);
}

export function lending({ tags, keepMs, isOwn }: LendingHost): Lending {
  const { main } = tags;
  const slicesByTag = new WeakMap<Tag, Map<string, Slice>>();
  const inTurn = turns();
  const back = recalls({
    tags,
    keepMs,
    closed: (tag, window, { room }) => {
      const slice = slicesOf(tag).get(keyOf(window));
      if (slice?.window.start === window.start) slice.room = room;
    },
  });

  function slicesOf(tag: Tag): Map<string, Slice> {
    const slices = slicesByTag.get(tag) ?? new Map<string, Slice>();
    slicesByTag.set(tag, slices);
    return slices;
  }

  function draw(tag: Tag, claim: WindowClaim, amount: number): Slice | undefined {
    const slice = slicesOf(tag).get(sliceKey(claim));
    if (slice?.room === undefined || slice.room - slice.asked < amount || isNarrow(claim))
      return undefined;
    slice.asked += amount;
    return slice;
  }

  function take(tag: Tag, claim: WindowClaim, request: ReserveRequest): Promise<Drawn | Answer> {
    const needs = claimAmount(claim, request.output.min);
    const all = mostOf(claim, request);
    const { thresholds, hold } = request;
    const narrow = isNarrow(claim);
    return inTurn({ tag, key: sliceKey(claim), needs: all }, async (crowd) => {
      let recalled = false;
      for (let tries = 0; ; tries += 1) {
        // Of those that wait the first may have taken enough for all.
        const waited = draw(tag, claim, all);
        if (waited) return { slice: waited };
        const told = await look(tag, claim);
        const drawn = draw(tag, claim, all);
        if (drawn) return { slice: drawn };
        const free = Math.max(told?.room ?? 0, 0) - (sliceOf(tag, claim)?.asked ?? 0);
        const room = narrow ? 0 : free;
        const least = Math.max(needs - room, 1);
        const most = narrow ? all : Math.max(crowd() - room, least);
        const asked = { told: told ?? UNTOLD, thresholds, hold, exactly: narrow };
        const answer = await ask(tag, claim, { ...asked, least, most });
        if (answer.kind === "stale") {
          slicesOf(tag).delete(sliceKey(claim));
          return answer;
        }
        const knew = told?.start === answer.state.start ? told.taken : 0;
        if (answer.kind === "history") await beginWithHistory(tags, keepMs, claim);
        else if (!(await noted(tag, claim, { answer, told }))) {
          const came = !recalled && (await back.recall(answer.state));
          recalled = true;
          // Nobody has any more: the limit may be exhausted, and is to be noticed once.
          if (!came) return claim.cap === null ? answer : ask(tag, claim, { ...asked, needs });
        } else if (narrow && answer.kind === "lent") {
          const lent = answer.taken - knew;
          if (lent < all && !recalled) {
            recalled = true;
            // What is free comes back, with what was lent now: then it is asked again.
            await back.recall(answer.state);
            continue;
          }
          const slice = sliceOf(tag, claim);
          if (slice) {
            slice.asked += all;
            return { slice, lent };
          }
        }
        if (tries > TRIES) return answer;
      }
    });
  }

  function ask(
    tag: Tag,
    window: WindowClaim,
    asked: Omit<Parameters<typeof askMain>[2], "account" | "window">,
  ): Promise<Answer> {
    const account = accountOf(tag.name, tag.run.set(), sliceLimit(window));
    return askMain(main.run, keepMs, { ...asked, account, window });
  }

  /** The slice as it stands at its tag. */
  async function look(tag: Tag, claim: WindowClaim): Promise<SliceState | undefined> {
    const slice = sliceOf(tag, claim);
    if (!slice) return undefined;
    const state = await atTag(tag, keepMs, { window: slice.window });
    slice.room = state.room;
    return state;
  }

  /** Notes at the tag what the main has lent it; says whether that was news. */
  async function noted(
    tag: Tag,
    claim: WindowClaim,
    { answer, told }: { readonly answer: Answer; readonly told: Told | undefined },
  ): Promise<boolean> {
    const { taken, back: gave, state } = answer;
    const window = sliceWindow(state, sliceLimit(claim));
    const had = sliceOf(tag, claim);
    const isKnown = had?.window.start === window.start;
    const elsewhere = { ...answer.elsewhere, credit: state.credit };
    const slice = isKnown ? had : { window, elsewhere, room: undefined, asked: 0 };
    slice.elsewhere = elsewhere;
    slicesOf(tag).set(sliceKey(claim), slice);
    if (isKnown && told && taken <= told.taken && gave <= told.back) return false;
    slice.room = (await atTag(tag, keepMs, { window, taken, back: gave })).room;
    return true;
  }

  /** What was spent beyond a slice counts at the main, whatever the limit is. */
  async function tellOver(tag: Tag, window: WindowAt): Promise<void> {
    const whole = wholeOf(window);
    if (!whole) return back.tellBefore(tag, window);
    if (whole.limit === HISTORY) {
      const [state] = await tag.store.windows([whole]);
      return state && back.tellBefore(tag, state);
    }
    const told = await atTag(tag, keepMs, { window });
    const account = accountOf(tag.name, tag.run.set(), whole.limit);
    const at = { ...whole, limit: null, cap: null };
    await askMain(main.run, keepMs, { account, window: at, told });
    await atTag(tag, keepMs, { window, taken: told.taken });
    return undefined;
  }

  const sliceOf = (tag: Tag, claim: Limited) => slicesOf(tag).get(sliceKey(claim));

  return {
    sliceOf,
    draw,
    take,
    heard: async (tag, states, ended = false) => {
      for (const state of states) {
        if (isOwn(state.scope)) continue;
        const isSlice = wholeOf(state) !== undefined;
        const room = roomIn(state);
        const slice = slicesOf(tag).get(keyOf(state));
        if (slice?.window.start === state.start) slice.room = room;
        if (ended) back.freed();
        if (isSlice ? room < 0 : ended) await tellOver(tag, state);
      }
    },
    tellOver: async (tag) => {
      await atOnce(await overdrawn(tag), (window) => tellOver(tag, window));
    },
    shown: (state, tag) => {
      const whole = wholeOf(state);
      if (!whole) return state;
      const { spent, held, frees } = state;
      const known = slicesOf(tag).get(keyOf(state))?.elsewhere ?? NOTHING;
      const sums = { spent: spent + known.spent, held: held + known.held, credit: known.credit };
      return { ...windowOf(whole), ...sums, ...(frees === undefined ? {} : { frees }) };
    },
    freed: () => back.freed(),
    forget: (tag, claim) => void slicesOf(tag).delete(sliceKey(claim)),
    begin: async (window) => {
      const free = { ...window, limit: null, cap: null };
      const asked = { account: accountOf("", "", null), window: free, told: UNTOLD, begin: true };
      const { kind } = await askMain(main.run, keepMs, asked);
      if (kind === "history")
        await beginWithHistory(tags, keepMs, { ...free, fixed: 0, perOutput: 0 });
    },
  };
}

/** As a process knows a slice, of which this is the window. */
function keyOf(window: WindowAt): string {
  const whole = wholeOf(window);
  return whole ? `${whole.limit}/${whole.family}` : "";
}
