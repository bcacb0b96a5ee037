/** What whoever runs the app may do: limits of one subject, freezing, credit, corrections, merging, forgetting. */
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
import {
  type Reason,
  type SubjectRef,
  checkedId,
  countOf,
  keyOf,
  limitsOf,
  signed,
  textOf,
} from "./operator-input.ts";
import type { ScopeLimits } from "./options.ts";
import { type LimitText, formatUsd, parseLimit, parseUsd } from "./rules/index.ts";

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

/**
 * Acts of operators. Each is one atomic operation, holds in every process from the moment at which it
 * was answered, and leaves a line with who did it and why.
 *
 * @throws BudgetError `invalid_options` for what is no subject, limit or reason; `act_refused` where it
 *   can't be done, and then nothing has changed; `store_unavailable`.
 */
export interface Operator {
  /**
   * One subject's limits, in place of the app's of the same unit and period; they may be higher.
   * `'unlimited'` lifts them all, null gives the app's back. What is spent stays spent.
   */
  setLimits(subject: SubjectRef, limits: ScopeLimits | null, reason: Reason): Promise<ActLine>;
  /** No step begins for this subject any more; one under way is finished. Calls are refused with `subject_frozen`. */
  freeze(subject: SubjectRef, reason: Reason): Promise<ActLine>;
  /** Lets a frozen subject go on. */
  unfreeze(subject: SubjectRef, reason: Reason): Promise<ActLine>;
  /** Raises the present window of a limit by so much: `'$5/day'` is $5 more for today. */
  credit(subject: SubjectRef, amount: LimitText, reason: Reason): Promise<ActLine>;
  /** What a step did cost in truth, dollars: the difference goes into the windows of its charge. */
  correct(hold: string, usd: string, reason: Reason): Promise<ActLine>;
  /** Makes one user of two: windows, running calls, threads. The old id goes on working, as the new one. */
  merge(oldId: string, newId: string, reason: Reason): Promise<ActLine>;
  /** Deletes a user's threads, and the user's id wherever else it stands. Sums stay. */
  forget(user: string, reason: Reason): Promise<ActLine>;
  /** What operators did, oldest first. Without a user the whole ledger is read through. */
  acts(query?: LineQuery): Promise<readonly ActLine[]>;
  /** The limits, the freeze, or the alias that hold for a subject now. */
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

/** The moment may pass between asking for the window and raising it. */
const TRIES = 3;

export function createOperator({ store, ledger, timeZone }: OperatorHost): Operator {
  /** However long it takes: a merge or a forget may have much to rewrite. */
  const ask = (act: Act) => askStore(() => store.act(act), Infinity);

  async function carryOut(act: Act): Promise<ActLine> {
    return lineOf(await ask(act), act);
  }

  return {
    setLimits: async (subject, limits, reason) =>
      carryOut({ ...signed(reason), ...keyOf(subject), kind: "limits", limits: limitsOf(limits) }),
    freeze: async (subject, reason) =>
      carryOut({ ...signed(reason), ...keyOf(subject), kind: "freeze" }),
    unfreeze: async (subject, reason) =>
      carryOut({ ...signed(reason), ...keyOf(subject), kind: "unfreeze" }),
    credit: async (subject, amount, reason) => {
      const limit = checked(() => parseLimit(amount, "amount"));
      if (limit.amount === 0)
        throw invalidOptions(`amount: found "${amount}"; a credit is more than nothing.`);
      if (limit.period.kind === "rolling")
        throw invalidOptions(
          `amount: found "${amount}"; a rolling window has no end at which a credit could end. Give it for a calendar period, or raise the limit with setLimits.`,
        );
      const { scope, subject: named } = keyOf(subject);
      const by = signed(reason);
      for (let tries = 1; ; tries += 1) {
        const window = await ledger.windowOf(scope, named, { limit, timeZone });
        const credit = { ...by, kind: "credit" as const, window, amount: limit.amount };
        const reply = await ask(credit);
        if (reply.kind !== "stale" || tries === TRIES) return lineOf(reply, credit);
      }
    },
    correct: async (hold, usd, reason) => {
      const nano = checked(() => parseUsd(usd, "usd"));
      return carryOut({ ...signed(reason), kind: "adjustment", hold: textOf(hold, "hold"), nano });
    },
    merge: async (oldId, newId, reason) => {
      const users = { subject: checkedId(oldId, "oldId"), into: checkedId(newId, "newId") };
      const [old] = await askStore(() =>
        store.settings([{ scope: "user", subject: users.subject }]),
      );
      if (old?.frozen)
        throw new BudgetError("act_refused", {
          message:
            "merge: the old id is frozen, and a merge would let it go on. Unfreeze it first.",
        });
      return carryOut({ ...signed(reason), ...users, kind: "merge", scope: "user" });
    },
    forget: async (user, reason) => {
      const subject = checkedId(user, "user");
      const pseudonym = `forgotten_${uuid()}`;
      return carryOut({ ...signed(reason), subject, pseudonym, kind: "forget", scope: "user" });
    },
    acts: async (query = {}) => actLines(store, query),
    settings: async (subject) => {
      const key = keyOf(subject);
      const [settings] = await askStore(() => store.settings([key]));
      return settings ?? { ...key, version: 0 };
    },
    holds: async ({ limit = 1_000 } = {}) => {
      const asked = { expired: false, limit: countOf(limit) };
      const holds = await askStore(() => store.holds(asked));
      const now = await askStore(() => store.now());
      return holds.map((hold) => heldMoney(hold, now));
    },
    nearest: async ({ scope, limit = 20 } = {}) => {
      const query = { limit: countOf(limit), ...(scope === undefined ? {} : { scope }) };
      // However long it takes: it may look at every window.
      const windows = await askStore(() => store.fullest(query), Infinity);
      const now = await askStore(() => store.now());
      return windows.map((window) => balanceOf(window, window.cap + window.credit, now));
    },
  };
}

function lineOf(reply: ActReply, asked: Act): ActLine {
  const { kind } = asked;
  switch (reply.kind) {
    case "done":
      return reply.line;
    case "already":
      if (isSame(reply.line.act, asked)) return reply.line;
      throw new BudgetError("act_refused", {
        message: `${METHODS[kind]}: the id was used for another act (${METHODS[reply.line.kind]}). Give each act an id of its own.`,
      });
    case "stale":
      throw new BudgetError("act_refused", {
        message: `${METHODS[kind]}: the window ended while it was raised. Try again.`,
      });
    case "refused":
      throw new BudgetError("act_refused", {
        message: `${METHODS[kind]}: ${REFUSALS[reply.reason]}`,
      });
  }
}

/** Whether both are one act, asked for twice: its window may have moved on, and a forgotten name is gone. */
function isSame(done: Act, asked: Act): boolean {
  const isForgotten = JSON.stringify(done).includes("forgotten_");
  return done.kind === asked.kind && (isForgotten || shown(done) === shown(asked));
}

/** What an act says, but for the stretch of a window. */
function shown(act: Act): string {
  switch (act.kind) {
    case "limits":
      return JSON.stringify([act.scope, act.subject, act.limits]);
    case "freeze":
    case "unfreeze":
      return JSON.stringify([act.scope, act.subject]);
    case "credit":
      return JSON.stringify([act.window.scope, act.window.subject, act.amount]);
    case "adjustment":
      return JSON.stringify([act.hold, act.nano]);
    case "merge":
      return JSON.stringify([act.subject, act.into]);
    case "forget":
      return "";
  }
}

/** What people call it who have asked for it. */
const METHODS: Readonly<Record<Act["kind"], string>> = {
  limits: "setLimits",
  freeze: "freeze",
  unfreeze: "unfreeze",
  credit: "credit",
  adjustment: "correct",
  merge: "merge",
  forget: "forget",
};

const REFUSALS: Readonly<Record<Extract<ActReply, { kind: "refused" }>["reason"], string>> = {
  unknown:
    "there is no such hold, or it has ended without a charge. `lines()` has the holds of all charges.",
  open: "calls are still running. Wait until they have ended, or until they are recovered, and try again.",
  alias:
    "a user can't be merged into itself, and one that was merged already can't be merged again.",
};

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
