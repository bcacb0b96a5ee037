/** What operators say, carried out; each a function to be run inside one transaction. */
import {
  type Act,
  type ActOf,
  type ActLine,
  type ActReply,
  type Settings,
  ofSubject,
} from "@assistants-budget/core/store";
import type { State } from "../state.ts";
import { addSpent, stateOf } from "../windows/counter.ts";
import { forgetUser } from "./forget.ts";
import { mergeUsers } from "./merge.ts";
import type { UserThreads } from "./user-threads.ts";

type Refused = Extract<ActReply, { kind: "refused" }>;

export function acts(state: State, threads: UserThreads): (act: Act) => ActReply {
  const { now, counters, holds, lines, notices, seeding, settings } = state;

  function write(
    act: Act,
    user: string | undefined,
    more: Pick<ActLine, "nano" | "moved"> = {},
  ): Extract<ActReply, { kind: "done" }> {
    const line = lines.writeAct({ kind: act.kind, at: now(), act, ...more }, user);
    return { kind: "done", line };
  }

  /** Of an alias it is said of its user. */
  function set(act: ActOf<"limits" | "freeze" | "unfreeze">): ActReply {
    const { scope } = act;
    const subject = scope === "user" ? settings.userOf(act.subject) : act.subject;
    const before = settings.of({ scope, subject });
    const limits = act.kind === "limits" ? act.limits : before.limits;
    const frozen = act.kind === "limits" ? before.frozen : act.kind === "freeze";
    const after: Settings = { scope, subject, version: lines.next() };
    settings.put({ ...after, ...(limits ? { limits } : {}), ...(frozen ? { frozen } : {}) });
    return write(act, scope === "user" ? subject : undefined);
  }

  function credit(act: ActOf<"credit">): ActReply {
    const at = now();
    const { scope, subject } = act.window;
    const user = scope === "user" ? settings.userOf(subject) : undefined;
    const isAlias = user !== undefined && user !== subject;
    const found = seeding.find(isAlias ? ofSubject(act.window, user) : act.window, at);
    if (!found) return { kind: "stale", now: at };
    const { counter } = found;
    if (counter.id === 0) {
      counters.begin(counter, at);
      found.whenBegun?.();
    }
    counter.credit += act.amount;
    counters.describe(counter);
    return { ...write(act, user), window: stateOf(counter, at) };
  }

  function adjust(act: ActOf<"adjustment">): ActReply {
    if (holds.open(act.hold)) return refused("open");
    const charged = lines.charge(act.hold);
    if (!charged) return refused("unknown");
    const { line } = charged;
    const nano = act.nano - lines.nanoOf(act.hold);
    const parts = state.partsOf(charged);
    for (const entry of parts.entries) {
      if (entry.unit !== "usd") continue;
      addSpent(entry.counter, entry, { amount: nano, at: line.at });
      counters.touch(entry.counter);
    }
    notices.charged(parts, now());
    return write(act, line.facts.user, { nano });
  }

  function merge(act: ActOf<"merge">): ActReply {
    const { subject } = act;
    const into = settings.userOf(act.into);
    if (into === subject || settings.userOf(subject) !== subject) return refused("alias");
    const moved = mergeUsers(state, threads, { subject, into, version: lines.next() });
    return write(act, into, { moved });
  }

  function forget(act: ActOf<"forget">): ActReply {
    const { pseudonym } = act;
    const user = settings.userOf(act.subject);
    if (holds.list().some(({ facts }) => settings.userOf(facts.user) === user))
      return refused("open");
    forgetUser(state, threads, { user, pseudonym });
    return write({ ...act, subject: pseudonym }, pseudonym);
  }

  function carryOut(act: Act): ActReply {
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
  }

  return (act) => {
    const line = lines.act(act.id);
    return line ? { kind: "already", line } : carryOut(act);
  };
}

function refused(reason: Refused["reason"]): Refused {
  return { kind: "refused", reason };
}
