/** Notices as they are kept, and the windows that are fullest. */
import type { CappedWindow, LedgerStore, Notice } from "@assistants-budget/core/store";
import { windowOf } from "@assistants-budget/core/store";
import { part } from "./keys.ts";
import { CAPPED, DROP_NOTICE, TAKE_NOTICES } from "./lua/notice-board.ts";
import { int, list, text } from "./replies.ts";
import { type Scripts, asItWas } from "./script.ts";
import { ownStatesOf } from "./window-states.ts";

/** How many windows one script looks at, so that it holds nobody up. */
const PAGE = 500;

export function notices(
  scripts: Scripts,
): Pick<LedgerStore, "fullest" | "takeNotices" | "dropNotice"> {
  return {
    fullest: async ({ scope, limit }) => {
      const found = new Map<string, CappedWindow>();
      let cursor = "0";
      do {
        const args = [cursor, String(PAGE)];
        const [, , , next, windows, more, caps] = await scripts.run({
          script: CAPPED,
          keys: [],
          args,
        });
        cursor = text(next);
        for (const [i, window] of ownStatesOf(windows, more).entries())
          if (scope === undefined || window.scope === scope)
            found.set(window.family, { ...window, cap: int(list(caps)[i]) });
      } while (cursor !== "0");
      return [...found.values()].toSorted((a, b) => fullness(b) - fullness(a)).slice(0, limit);
    },
    takeNotices: async ({ leaseMs, limit }) => {
      const args = [String(leaseMs), String(limit)];
      const reply = await scripts.run({ script: TAKE_NOTICES, keys: [], args });
      return list(reply[3]).map(noticeOf);
    },
    dropNotice: async (id) => {
      const again = asItWas("ok");
      await scripts.run({ script: DROP_NOTICE, keys: [], args: [part(id)], again });
    },
  };
}

/** A window of nothing is full. */
function fullness({ spent, held, cap, credit }: CappedWindow): number {
  const limit = cap + credit;
  return limit === 0 ? 1 : (spent + held) / limit;
}

function noticeOf(value: unknown): Notice {
  const [id, at, threshold, told, limit, spent] = list(value);
  const [window] = ownStatesOf(list(told)[0], list(told)[1]);
  if (!window) throw new TypeError("a notice without a window");
  return {
    id: text(id),
    at: int(at),
    threshold: int(threshold),
    window: windowOf(window),
    limit: int(limit),
    spent: int(spent),
  };
}
