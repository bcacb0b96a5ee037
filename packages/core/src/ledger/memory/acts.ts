/** What operators say, as the memory store carries it out. */
import type { Act, ActOf, ActLine, ActReply, Settings } from "../acts.ts";
import { ofSubject } from "../entries.ts";
import { addSpent, living, stateOf } from "./counters.ts";
import { forgetUser } from "./forget.ts";
import type { Hold } from "./holds.ts";
import { mergeUsers } from "./merge.ts";
import { counterFor } from "./seeding.ts";
import type { MemoryState } from "./state.ts";

type Refused = Extract<ActReply, { kind: "refused" }>;

export function acts(
  state: MemoryState,
  /** Writes what a hold's windows are due. */
  notice: (hold: Hold, now: number) => boolean,
): (act: Act) => ActReply {
  const { clock, families, holds, lines, settings } = state;
  /** Where the line of each act stands, by the act's id. */
  const done = new Map<string, number>();

  function write(
    act: Act,
    user: string | undefined,
    more: Pick<ActLine, "nano" | "moved"> = {},
  ): ActReply {
    const line: ActLine = { id: String(lines.next()), kind: act.kind, at: clock(), act, ...more };
    done.set(act.id, lines.next() - 1);
    lines.acted(line, user);
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
    settings.set({ ...after, ...(limits ? { limits } : {}), ...(frozen ? { frozen } : {}) });
    return write(act, scope === "user" ? subject : undefined);
  }

  function credit(act: ActOf<"credit">): ActReply {
    const now = clock();
    const { scope, subject } = act.window;
    const isUser = scope === "user";
    const user = settings.userOf(subject);
    const at = isUser && user !== subject ? ofSubject(act.window, user) : act.window;
    const counter = counterFor(state, at, now);
    if (!counter) return { kind: "stale", now };
    families.begin(counter);
    counter.credit += act.amount;
    const reply = write(act, isUser ? user : undefined);
    return reply.kind === "done" ? { ...reply, window: stateOf(counter, now) } : reply;
  }

  function adjust(act: ActOf<"adjustment">): ActReply {
    const hold = holds.get(act.hold);
    if (hold?.open) return refused("open");
    if (!hold || hold.line < 0) return refused("unknown");
    const nano = act.nano - hold.nano;
    const { at } = lines.charge(hold.line);
    for (const counter of hold.taken.counters)
      if (counter.at.unit === "usd") addSpent(living(counter), nano, at);
    hold.nano = act.nano;
    hold.final = true;
    notice(hold, clock());
    return write(act, hold.facts.user, { nano });
  }

  function merge(act: ActOf<"merge">): ActReply {
    const into = settings.userOf(act.into);
    if (into === act.subject || settings.userOf(act.subject) !== act.subject)
      return refused("alias");
    const moved = mergeUsers(state, { subject: act.subject, into, version: lines.next() });
    return write(act, into, { moved });
  }

  function forget(act: ActOf<"forget">): ActReply {
    const { pseudonym } = act;
    const user = settings.userOf(act.subject);
    for (const { facts } of holds.open())
      if (settings.userOf(facts.user) === user) return refused("open");
    forgetUser(state, user, pseudonym);
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
    const before = done.get(act.id);
    return before === undefined ? carryOut(act) : { kind: "already", line: lines.act(before) };
  };
}

function refused(reason: Refused["reason"]): Refused {
  return { kind: "refused", reason };
}
