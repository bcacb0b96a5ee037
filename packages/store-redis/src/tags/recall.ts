/** What is free in slices comes back to the main: closed at its tag first, and only then told. */
import type { WindowAt } from "@assistants-budget/core/store";
import { nameOf } from "../keys.ts";
import { NOW } from "../lua/holds.ts";
import { int } from "../replies.ts";
import { atOnce } from "./at-once.ts";
import { type Lent, type Told, askMain, lentOf } from "./main-window.ts";
import { BEFORE, accountOf, readAccount, sliceWindow } from "./slice.ts";
import { type SliceState, atTag } from "./tag-slice.ts";
import type { Tag, Tags } from "./tag.ts";

/** So long a recall that brought nothing is not tried again: steps that are refused come in crowds. */
const FRUITLESS_MS = 250;

export interface RecallHost {
  readonly tags: Tags;
  readonly keepMs: number;
  /** Told of each slice that was closed. */
  readonly closed: (tag: Tag, window: WindowAt, state: SliceState) => void;
}

export interface Recall {
  /** Brings back what is free in this window, as it is in force at the main. Says whether anything came. */
  recall(window: WindowAt): Promise<boolean>;
  /** Tells the main of what was spent in this window before there were slices. */
  tellBefore(tag: Tag, window: WindowAt): Promise<void>;
  /** Something may have come free. */
  freed(): void;
}

export function recalls({ tags, keepMs, closed }: RecallHost): Recall {
  const { main } = tags;
  const fruitless = new Map<string, number>();
  const under = new Map<string, Promise<boolean>>();

  async function recall(window: WindowAt): Promise<boolean> {
    const lent = await lentOf(main.run, window);
    const free = lent.filter(({ taken, back, spent }) => taken - back > spent);
    const came = await atOnce(free, (one) => bringBack(window, one));
    return came.includes(true);
  }

  async function bringBack(window: WindowAt, lent: Lent): Promise<boolean> {
    const told = await stateOf(window, lent);
    if (!told) return false;
    const at = { ...window, limit: null, cap: null };
    await askMain(main.run, keepMs, { account: lent.account, window: at, told });
    return told.back > lent.back;
  }

  /** Nothing of a tag that can't be asked, or that has lost what it had: its slices stay as they are. */
  async function stateOf(window: WindowAt, lent: Lent): Promise<Told | undefined> {
    const { tag: name, set, limit } = readAccount(lent.account);
    const tag = await tags.of(nameOf(name)).catch(() => undefined);
    if (!tag || tag.run.set() !== set) return undefined;
    try {
      if (limit === BEFORE) return await beforeOf(tag, window, lent);
      const at = sliceWindow(window, limit);
      // What the main has lent and nobody has noted is noted first, or it would stay lent.
      const { taken, back } = lent;
      const state = await atTag(tag, keepMs, { window: at, taken, back, close: true });
      closed(tag, at, state);
      return state;
    } catch {
      return undefined;
    }
  }

  return {
    recall: (window) => {
      const family = `${window.start}/${window.family}`;
      const last = fruitless.get(family);
      if (last !== undefined && performance.now() - last < FRUITLESS_MS)
        return Promise.resolve(false);
      const known = under.get(family);
      if (known) return known;
      const work = recall(window)
        .then((came) => {
          if (!came) fruitless.set(family, performance.now());
          return came;
        })
        .finally(() => under.delete(family));
      under.set(family, work);
      return work;
    },
    tellBefore: async (tag, window) => {
      const account = accountOf(tag.name, tag.run.set(), BEFORE);
      const lent = (await lentOf(main.run, window)).find((one) => one.account === account);
      if (lent) await bringBack(window, lent);
    },
    freed: () => fruitless.clear(),
  };
}

/** Of what was spent before there were slices the main counts as much as there is now, be it less or more. */
async function beforeOf(
  { run, store }: Tag,
  window: WindowAt,
  lent: Lent,
): Promise<Told | undefined> {
  const at = int((await run.run({ script: NOW, keys: [], args: [] }))[2]);
  const [state] = await store.windows([window]);
  if (!state || state.start !== window.start) return undefined;
  const { start, spent, held } = state;
  const sum = spent + held;
  return {
    start,
    taken: Math.max(lent.taken, lent.back + sum),
    back: Math.max(lent.taken - sum, lent.back),
    spent,
    at,
  };
}
