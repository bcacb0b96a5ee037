/** What whoever runs the app may say: limits of one subject, freezing, credit, corrections, merging, forgetting. */
import { v7 as uuid } from "uuid";
import { BudgetError } from "./errors.ts";
import { checked, invalidOptions } from "./invalid-options.ts";
import {
  type Act,
  type ActLine,
  type ActReply,
  type Balance,
  type Ledger,
  type LineQuery,
  type OpenHold,
  type Settings,
  type Store,
  actLines,
  askStore,
  balanceOf,
} from "./ledger/index.ts";
import type { ScopeLimits } from "./options.ts";
import { type LimitText, formatUsd, parseLimit, parseUsd } from "./rules/index.ts";
import { checkId } from "./subject.ts";

/** One subject: `{ user: 'alice' }`, `{ tenant: 'acme' }`, `{ app: 'app' }`. */
export type SubjectRef = Readonly<Record<string, string>>;

/** Who says so and why: it stands in the ledger for ever, so no secrets, and no names of users. */
export interface Said {
  readonly by: string;
  readonly why: string;
  /** Said again with the same id, it is done once. Default: a new one. */
  readonly id?: string;
}

/** A hold that has not ended, as people see it. */
export interface HeldMoney {
  readonly id: string;
  /** The process that holds it. */
  readonly owner: string;
  readonly user: string;
  readonly thread: string;
  readonly run: string;
  readonly assistant: string;
  readonly model: string;
  /** What is held: dollars. */
  readonly usd: string;
  /** Milliseconds since it was taken. */
  readonly ageMs: number;
  /** Whether its owner has fallen silent, so that it will be recovered. */
  readonly expired: boolean;
  readonly responseId?: string;
}

export interface Operator {
  /**
   * One subject's limits, in place of the app's of the same unit and period; they may be higher.
   * `'unlimited'` lifts them all, null gives the app's back. What is spent stays spent.
   */
  setLimits(subject: SubjectRef, limits: ScopeLimits | null, said: Said): Promise<ActLine>;
  /** No step begins for this subject any more; one under way is finished. Calls are refused with `subject_frozen`. */
  freeze(subject: SubjectRef, said: Said): Promise<ActLine>;
  unfreeze(subject: SubjectRef, said: Said): Promise<ActLine>;
  /** Raises the present window of a limit by so much: `'$5/day'` is $5 more for today. */
  credit(subject: SubjectRef, amount: LimitText, said: Said): Promise<ActLine>;
  /** What a step did cost in truth, dollars: the difference goes into the windows of its charge. */
  correct(hold: string, usd: string, said: Said): Promise<ActLine>;
  /** Makes one user of two: windows, running calls, threads. The old id goes on working, as the new one. */
  merge(oldId: string, newId: string, said: Said): Promise<ActLine>;
  /** Deletes a user's threads, and the user's id wherever else it stands. Sums stay. */
  forget(user: string, said: Said): Promise<ActLine>;
  /** What operators did, oldest first. Without a user the whole ledger is read through. */
  acts(query?: LineQuery): Promise<readonly ActLine[]>;
  /** What was said of a subject and holds now. */
  settings(subject: SubjectRef): Promise<Settings>;
  /** Money that running calls hold, the oldest first. */
  holds(query?: { readonly limit?: number }): Promise<readonly HeldMoney[]>;
  /** Subjects nearest to their limits, the nearest first; not of runs and threads. It may look at every window. */
  nearest(query?: {
    readonly scope?: string;
    readonly limit?: number;
  }): Promise<readonly Balance[]>;
}

export interface OperatorHost {
  readonly store: Store;
  readonly ledger: Pick<Ledger, "now" | "windowOf">;
  readonly timeZone: string;
}

const LONGEST_WORD = 500;
const NEVER_SPOKEN_OF: ReadonlySet<string> = new Set(["run", "thread", "route"]);
/** The moment may pass between asking for the window and raising it. */
const TRIES = 3;

export function createOperator({ store, ledger, timeZone }: OperatorHost): Operator {
  async function act(said: Act): Promise<ActLine> {
    return lineOf(await askStore(() => store.act(said), Infinity), said);
  }

  return {
    setLimits: async (subject, limits, said) =>
      act({ ...wordOf(said), ...keyOf(subject), kind: "limits", limits: limitsOf(limits) }),
    freeze: async (subject, said) => act({ ...wordOf(said), ...keyOf(subject), kind: "freeze" }),
    unfreeze: async (subject, said) =>
      act({ ...wordOf(said), ...keyOf(subject), kind: "unfreeze" }),
    credit: async (subject, amount, said) => {
      const limit = checked(() => parseLimit(amount, "amount"));
      if (limit.amount === 0)
        throw invalidOptions(`amount: found "${amount}"; a credit is more than nothing.`);
      const { scope, subject: named } = keyOf(subject);
      const word = wordOf(said);
      for (let tries = 1; ; tries += 1) {
        const window = await ledger.windowOf(scope, named, { limit, timeZone });
        const credit = { ...word, kind: "credit" as const, window, amount: limit.amount };
        const reply = await askStore(() => store.act(credit), Infinity);
        if (reply.kind !== "stale" || tries === TRIES) return lineOf(reply, credit);
      }
    },
    correct: async (hold, usd, said) => {
      const nano = checked(() => parseUsd(usd));
      return act({ ...wordOf(said), kind: "adjustment", hold: textOf(hold, "hold"), nano });
    },
    merge: async (oldId, newId, said) => {
      const users = { subject: checkId(oldId, "oldId"), into: checkId(newId, "newId") };
      return act({ ...wordOf(said), ...users, kind: "merge", scope: "user" });
    },
    forget: async (user, said) => {
      const subject = checkId(user, "user");
      const pseudonym = `forgotten_${uuid()}`;
      return act({ ...wordOf(said), subject, pseudonym, kind: "forget", scope: "user" });
    },
    acts: (query = {}) => actLines(store, query),
    settings: async (subject) => {
      const [settings] = await askStore(() => store.settings([keyOf(subject)]));
      return settings ?? { ...keyOf(subject), version: 0 };
    },
    holds: async ({ limit = 1_000 } = {}) => {
      const holds = await askStore(() => store.holds({ expired: false, limit }));
      const now = await askStore(() => store.now());
      return holds.map((hold) => heldMoney(hold, now));
    },
    nearest: async ({ scope, limit = 20 } = {}) => {
      const query = scope === undefined ? { limit } : { scope, limit };
      const windows = await askStore(() => store.fullest(query), Infinity);
      const now = await askStore(() => store.now());
      return windows.map((window) => balanceOf(window, window.cap + window.credit, now));
    },
  };
}

function lineOf(reply: ActReply, { kind }: Act): ActLine {
  switch (reply.kind) {
    case "done":
    case "already":
      return reply.line;
    case "stale":
      throw new BudgetError("act_refused", {
        message: `${kind}: the window ended while it was raised. Say it again.`,
      });
    case "refused":
      throw new BudgetError("act_refused", { message: `${kind}: ${REASONS[reply.reason]}` });
  }
}

const REASONS: Readonly<Record<Extract<ActReply, { kind: "refused" }>["reason"], string>> = {
  unknown:
    "there is no such hold, or nothing was charged for it. `lines()` has the holds of all charges.",
  open: "calls are still running. Wait until they have ended, or until they are recovered, and say it again.",
  alias:
    "a user can't be merged into itself, and one that was merged already can't be merged again.",
};

/** @throws BudgetError `invalid_options` */
function keyOf(subject: SubjectRef): { readonly scope: string; readonly subject: string } {
  const entries = Object.entries(subject ?? {});
  const [entry] = entries;
  if (!entry || entries.length !== 1)
    throw invalidOptions(
      `subject: found ${entries.length} scopes; name one, such as { user: 'alice' }.`,
    );
  const [scope, id] = entry;
  if (NEVER_SPOKEN_OF.has(scope))
    throw invalidOptions(
      `subject: found the scope ${scope}; allowed are user, app and the app's own scopes.`,
    );
  return { scope, subject: checkId(id, `subject.${scope}`) };
}

function limitsOf(limits: ScopeLimits | null): Settings["limits"] | null {
  if (limits === null || limits === "unlimited") return limits;
  const texts = [limits].flat();
  if (texts.length === 0)
    throw invalidOptions(
      "limits: found none; give one, 'unlimited' to lift them, or null for the app's.",
    );
  return checked(() => texts.map((text, i) => parseLimit(text, `limits[${i}]`).text));
}

function wordOf({ by, why, id }: Said): { by: string; why: string; id: string } {
  const said = { by: textOf(by, "by"), why: textOf(why, "why") };
  return { ...said, id: id === undefined ? `act_${uuid()}` : textOf(id, "id") };
}

function textOf(value: unknown, path: string): string {
  if (typeof value === "string" && value.trim() !== "" && value.length <= LONGEST_WORD)
    return value;
  throw invalidOptions(`${path}: expected a text of 1 to ${LONGEST_WORD} characters.`);
}

function heldMoney(hold: OpenHold, now: number): HeldMoney {
  const { id, owner, facts, ceiling, createdAt, expiresAt, responseId } = hold;
  const { user, thread, run, assistant, model } = facts;
  return {
    id,
    owner,
    user,
    thread,
    run,
    assistant,
    model,
    usd: formatUsd(ceiling),
    ageMs: Math.max(0, now - createdAt),
    expired: expiresAt <= now,
    ...(responseId === undefined ? {} : { responseId }),
  };
}
