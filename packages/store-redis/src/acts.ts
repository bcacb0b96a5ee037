import {
  type Act,
  type ActLine,
  type ActReply,
  type LedgerStore,
} from "@assistants-budget/core/store";
import { subjectKey } from "./hot-texts.ts";
import { part } from "./keys.ts";
import { actLine } from "./lines.ts";
import { ADJUST, CREDIT, SET } from "./lua/acts.ts";
import { FORGET } from "./lua/forget.ts";
import { MERGE } from "./lua/merge.ts";
import { SETTINGS } from "./lua/notice-board.ts";
import { howItCounts } from "./operation.ts";
import type { ReadOptions } from "./options.ts";
import { type Reply, int, list, own, text } from "./replies.ts";
import type { Scripts } from "./script.ts";
import { settingsOf } from "./settings.ts";
import { factsText, ownStatesOf } from "./window-states.ts";

/** How many lines one script sums or rewrites. */
const PAGE = "1000";

/** What operators say, and what of it is kept with subjects. */
export function acts(
  scripts: Scripts,
  { keepMs }: ReadOptions,
): Pick<LedgerStore, "settings" | "act"> {
  return {
    settings: async (subjects) => {
      const args = subjects.map(({ scope, subject }) => subjectKey(scope, subject));
      const reply = await scripts.run({ script: SETTINGS, keys: [], args });
      const said = list(reply[3]);
      return subjects.map((key, i) => settingsOf(key, said[i]));
    },
    act: async (act) => {
      const { script, args, as = act } = wordsOf(act);
      const fixed = [String(keepMs), "", PAGE, part(act.id), JSON.stringify(as)];
      const call = { script, keys: [], args: [...fixed, ...args] };
      const again = (reply: Reply) =>
        text(list(reply[3])[0]) === "done" ? [{ ...call, again }] : [];
      const [, now, , reply] = await scripts.run({ ...call, again });
      return replyOf(list(reply), int(now));
    },
  };
}

interface Words {
  readonly script: string;
  readonly args: readonly string[];
  /** As it is kept, where that is not as it was said. */
  readonly as?: Act;
}

function wordsOf(act: Act): Words {
  switch (act.kind) {
    case "limits": {
      const limits = act.limits ? JSON.stringify(act.limits) : "";
      return { script: SET, args: [part(act.scope), part(act.subject), limits, "same"] };
    }
    case "freeze":
    case "unfreeze": {
      const frozen = act.kind === "freeze" ? "1" : "";
      return { script: SET, args: [part(act.scope), part(act.subject), "same", frozen] };
    }
    case "credit": {
      const { scope, subject, family, start, end, zone } = act.window;
      const names = [scope, subject, family].map(part);
      const stretch = [String(start), String(end), part(zone)];
      const counts = [howItCounts(act.window), factsText(act.window)];
      return { script: CREDIT, args: [...names, ...stretch, ...counts, String(act.amount)] };
    }
    case "adjustment":
      return { script: ADJUST, args: [part(act.hold), String(act.nano)] };
    case "merge":
      return { script: MERGE, args: [part(act.subject), part(act.into)] };
    case "forget": {
      const { subject, pseudonym } = act;
      const as = { ...act, subject: pseudonym };
      return { script: FORGET, args: [part(subject), part(pseudonym)], as };
    }
  }
}

function replyOf([kind, ...rest]: Reply, now: number): ActReply {
  switch (kind) {
    case "done": {
      const [window] = rest.length > 4 ? ownStatesOf(rest[4], rest[5]) : [];
      return window ? { kind, line: lineOf(rest), window } : { kind, line: lineOf(rest) };
    }
    case "already":
      return { kind, line: lineOf(rest) };
    case "stale":
      return { kind, now };
    default:
      return { kind: "refused", reason: reasonOf(rest[0]) };
  }
}

function lineOf([id, at, act, more]: Reply): ActLine {
  return actLine([id, at], own<Act>(act), more === 0 ? {} : own<object>(more));
}

function reasonOf(reason: unknown): Extract<ActReply, { kind: "refused" }>["reason"] {
  if (reason === "unknown" || reason === "open" || reason === "alias") return reason;
  throw new TypeError(`an act was refused for ${String(reason)}`);
}
