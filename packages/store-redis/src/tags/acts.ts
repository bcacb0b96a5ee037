/** What operators say: of a user or a tenant in its tag, of all else at the main, which copies it to all tags. */
import {
  type Act,
  type ActOf,
  type ActReply,
  BudgetError,
  type LedgerStore,
  type Settings,
  type SubjectKey,
} from "@assistants-budget/core/store";
import { subjectKey } from "../hot-texts.ts";
import { part } from "../keys.ts";
import { SAID_HERE } from "../lua/tags/directory.ts";
import type { Homes } from "./homes.ts";
import type { Lending } from "./lending.ts";
import { withLine } from "./line-ids.ts";
import { AT_MAIN, type Places } from "./places.ts";
import type { Tag, Tags } from "./tag.ts";

export interface ActsHost {
  readonly tagBy: string;
  readonly tags: Tags;
  readonly places: Places;
  readonly homes: Homes;
  readonly lending: Lending;
  /** Whether what is said of this scope is said in one tag. */
  readonly isOwn: (scope: string) => boolean;
}

export function acts(host: ActsHost): Pick<LedgerStore, "act" | "settings"> {
  const { tagBy, tags, places, homes, lending, isOwn } = host;
  const { main } = tags;

  /** The tag of a subject; nothing for a user that nobody has seen. */
  async function tagOf({ scope, subject }: SubjectKey): Promise<Tag | undefined> {
    if (scope === tagBy) return tags.of(subject);
    return scope === "user" ? places.of(subject) : undefined;
  }

  async function at(tag: Tag, act: Act): Promise<ActReply> {
    return withLine(await tag.store.act(act), tag, main);
  }

  async function wasSaidHere(id: string): Promise<boolean> {
    const reply = await main.run.run({ script: SAID_HERE, keys: [], args: [part(id)] });
    return reply[3] === 1;
  }

  async function set(act: ActOf<"limits" | "freeze" | "unfreeze">): Promise<ActReply> {
    if (isShared(act)) {
      const reply = await at(main, act);
      // Answered once it holds everywhere. Said again after a crash, it is copied again.
      await tags.share([subjectKey(act.scope, act.subject)]);
      return reply;
    }
    const tag = await tagOf(act);
    if (tag && !(act.scope === "user" && (await wasSaidHere(act.id)))) return at(tag, act);
    const reply = await at(main, act);
    if (act.scope !== "user") return reply;
    await places.copy(act.subject);
    // Its first step may have come meanwhile, and with it other acts.
    const late = reply.kind === "done" ? await places.of(act.subject) : undefined;
    return late ? at(late, act) : reply;
  }

  async function credit(act: ActOf<"credit">): Promise<ActReply> {
    const { window } = act;
    if (isOwn(window.scope)) {
      const tag = await tagOf(window);
      if (tag) return at(tag, act);
      throw refused(
        `credit: nobody has seen this ${window.scope}, so that its ${tagBy} is not known. Give it credit after its first step, or set its limits.`,
      );
    }
    await lending.begin(window);
    const reply = await at(main, act);
    lending.freed();
    return reply;
  }

  async function adjust(act: ActOf<"adjustment">): Promise<ActReply> {
    const found = await homes.find(act.hold, (tag) => at(tag, act), isKnown);
    if (!found) return { kind: "refused", reason: "unknown" };
    await lending.tellOver(found.tag);
    lending.freed();
    return found.reply;
  }

  async function merge(act: ActOf<"merge">): Promise<ActReply> {
    const [from, into] = await Promise.all([places.of(act.subject), places.of(act.into)]);
    const tag = into ?? from;
    if (!tag)
      throw refused(
        `merge: nobody has seen either of the two, so that their ${tagBy} is not known. Merge them after the first step of one.`,
      );
    if (from && into && from !== into)
      throw refused(
        `merge: the two are under two tags (${tagBy} ${from.name || "none"} and ${tagBy} ${into.name || "none"}), whose windows can't be moved in one step. Only users of one ${tagBy} can be merged.`,
      );
    await places.put(act.subject, tag);
    await places.put(act.into, tag);
    return at(tag, act);
  }

  /** What was said of the user before its first step is forgotten, too. */
  async function forget(act: ActOf<"forget">): Promise<ActReply> {
    const tag = await places.of(act.subject);
    if (!tag) return at(main, act);
    await places.put(act.pseudonym, tag);
    const reply = await at(tag, act);
    if (reply.kind !== "refused" && (await places.isSpokenOf(act.subject))) await at(main, act);
    return reply;
  }

  return {
    act: async (act) => {
      switch (act.kind) {
        case "limits":
        case "freeze":
        case "unfreeze":
          return set(act);
        case "credit":
          return credit(act);
        case "adjustment":
          return adjust(act);
        case "merge":
          return merge(act);
        case "forget":
          return forget(act);
      }
    },
    settings: async (subjects) => {
      const homesOf = await Promise.all(subjects.map((key) => tagOf(key)));
      const found: Settings[] = [];
      for (const [tag, indexed] of Map.groupBy(subjects.entries(), ([i]) => homesOf[i])) {
        const asked = indexed.map(([, key]) => key);
        const said = await (tag ?? main).store.settings(asked);
        for (const [n, [i]] of indexed.entries()) {
          const one = said[n];
          if (one) found[i] = tag || isShared(one) ? one : ofNobodySeen(one);
        }
      }
      return found;
    },
  };

  /** Also a run that is cancelled: nobody knows its tag. */
  function isShared({ scope }: SubjectKey): boolean {
    return !isOwn(scope) || scope === "run";
  }
}

/** What was said of a user before its first step has the version that its copy in the tag will have. */
function ofNobodySeen(settings: Settings): Settings {
  const { version } = settings;
  return version === 0 ? settings : { ...settings, version: version + AT_MAIN };
}

function refused(message: string): BudgetError {
  return new BudgetError("act_refused", { message });
}

/** Whether the hold of an adjustment is there. */
function isKnown(reply: ActReply): boolean {
  return reply.kind !== "refused" || reply.reason !== "unknown";
}
