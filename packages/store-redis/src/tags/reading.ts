/** Reading over all tags. */
import {
  type CappedWindow,
  type LedgerLine,
  type LedgerStore,
  type WindowAt,
  type WindowState,
  fullness,
} from "@assistants-budget/core/store";
import { nameOf } from "../keys.ts";
import { atOnce } from "./at-once.ts";
import type { Homes } from "./homes.ts";
import { named, readLineId } from "./line-ids.ts";
import { type Lent, lentOf } from "./main-window.ts";
import type { Places } from "./places.ts";
import { BEFORE, readAccount, sliceWindow } from "./slice.ts";
import type { Tag, Tags } from "./tag.ts";

/** With more slices than these a shared window is answered as the main was last told of it. */
const MOST_SLICES = 128;

export interface ReadingHost {
  readonly tagBy: string;
  readonly tags: Tags;
  readonly places: Places;
  readonly homes: Homes;
  readonly isOwn: (scope: string) => boolean;
}

export function reading(host: ReadingHost): Pick<LedgerStore, "windows" | "lines" | "fullest"> {
  const { tagBy, tags, places, isOwn } = host;
  const { main } = tags;

  async function shared(window: WindowAt): Promise<WindowState> {
    const [state] = await main.store.windows([window]);
    if (!state) throw new TypeError("Redis answered of fewer windows than were asked for");
    const lent = await lentOf(main.run, state);
    if (lent.length === 0 || lent.length > MOST_SLICES) return state;
    const parts = await atOnce(lent, (one) => partOf(state, one));
    const frees = parts.flatMap((part) => part.frees ?? []);
    return {
      ...state,
      spent: parts.reduce((sum, { spent }) => sum + spent, 0),
      held: parts.reduce((sum, { held }) => sum + held, 0),
      ...(frees.length === 0 ? {} : { frees: Math.min(...frees) }),
    };
  }

  /** What a tag has of a window; of one that can't be asked, what the main knows. */
  async function partOf(
    window: WindowState,
    { account, taken, back, spent }: Lent,
  ): Promise<Pick<WindowState, "spent" | "held" | "frees">> {
    const { tag: name, set, limit } = readAccount(account);
    const known = { spent, held: Math.max(taken - back - spent, 0) };
    const tag = await tags.of(nameOf(name)).catch(() => undefined);
    if (!tag || tag.run.set() !== set) return known;
    const asked = limit === BEFORE ? window : sliceWindow(window, limit);
    const [state] = await tag.store.windows([asked]).catch(() => []);
    return state?.start === window.start ? state : known;
  }

  async function tagOf({ scope, subject }: WindowAt): Promise<Tag | undefined> {
    if (scope === tagBy) return tags.of(subject);
    return scope === "user" ? places.of(subject) : host.homes.of(subject);
  }

  /** Threads and runs are where their user is. Of a window that is nowhere nothing is spent. */
  async function own(windows: readonly WindowAt[]): Promise<readonly WindowState[]> {
    const found = await Promise.all(windows.map((window) => tagOf(window)));
    const hint = found.find((tag) => tag !== undefined);
    return Promise.all(
      windows.map(async (window, i) => {
        const passing = window.scope === "thread" || window.scope === "run";
        const tag = found[i] ?? (passing ? hint : main);
        const asked = tag ? [tag] : await tags.all();
        const states = await atOnce(asked, ({ store }) => store.windows([window]));
        const all = states.flat();
        const state = all.find(({ spent, held }) => spent > 0 || held > 0) ?? all[0];
        return state ?? { ...window, spent: 0, held: 0, credit: 0 };
      }),
    );
  }

  /** Tag after tag: the main, then the others by their names. */
  async function sources({
    user,
    run,
  }: Parameters<LedgerStore["lines"]>[0]): Promise<readonly Tag[]> {
    const tag = user === undefined ? undefined : await places.of(user);
    if (tag) return [main, tag];
    if (user !== undefined && run === undefined) return [main];
    return [main, ...(await tags.all())];
  }

  return {
    windows: async (windows) => {
      const mine = windows.filter(({ scope }) => isOwn(scope));
      const [ownStates, sharedStates] = await Promise.all([
        own(mine),
        Promise.all(windows.filter(({ scope }) => !isOwn(scope)).map((one) => shared(one))),
      ]);
      const left = { own: ownStates.values(), shared: sharedStates.values() };
      return windows.flatMap(({ scope }) => {
        const { value } = left[isOwn(scope) ? "own" : "shared"].next();
        return value ? [value] : [];
      });
    },
    lines: async (query) => {
      const { after, limit = 1000 } = query;
      const from = after === undefined ? undefined : readLineId(after);
      const found: LedgerLine[] = [];
      for (const tag of await sources(query)) {
        const left = limit - found.length;
        if (left <= 0) break;
        if (from && isBefore(tag, from.tag)) continue;
        const isSame = from && (tag === main ? from.tag === undefined : from.tag === tag.name);
        const { after: _, ...asked } = query;
        const page = isSame ? { ...asked, after: from.line } : asked;
        const lines = await tag.store.lines({ ...page, limit: left });
        found.push(...lines.map((line) => named(line, tag, main)));
      }
      return found;
    },
    fullest: async ({ scope, limit }) => {
      const query = scope === undefined ? { limit } : { scope, limit };
      const [ofMain, ofTags] = await Promise.all([
        main.store.fullest(query),
        tags.all().then((all) => atOnce(all, ({ store }) => store.fullest(query))),
      ]);
      const exact = await atOnce(ofMain, async (window): Promise<CappedWindow> => {
        return { ...(await shared(window)), cap: window.cap };
      });
      const all = [...exact, ...ofTags.flat()];
      return all.toSorted((a, b) => fullness(b) - fullness(a)).slice(0, limit);
    },
  };

  /** Whether all of a tag stands before this one. */
  function isBefore(tag: Tag, other: string | undefined): boolean {
    if (other === undefined) return false;
    return tag === main || tag.name < other;
  }
}
