/** What a store must do. One method is one atomic operation; `docs/write-a-store.md` has the rules. */
import type { Unit, Usage } from "../rules/index.ts";
import type { Act, ActLine, ActReply, Settings, SettingsVersion, SubjectKey } from "./acts.ts";
import type { CappedWindow, FullestQuery } from "./fullest.ts";
import type { Notice } from "./notices.ts";
import type { ThreadStore } from "./thread-store.ts";

/**
 * A counter over time: one scope, one subject, one period, one unit. Its amount (the limit) is no
 * part of it, so that routes and plans with different amounts share one counter.
 */
export interface Family {
  /** Unique name, made by `familyOf()`: the identity of the counter in the store. */
  readonly family: string;
  readonly scope: string;
  readonly subject: string;
  readonly unit: Unit;
  /** `'lifetime'`, `'day'`, … or `'rolling:86400000'`. */
  readonly period: string;
}

/**
 * The stretch of a family that `now` lies in, as its caller reads the store's clock. The family's
 * window around `now` is in force, whatever is asked for; where there is none, the part of what is
 * asked for that no other window of the family has. No two windows of a family overlap.
 */
export interface WindowAt extends Family {
  /** IANA time zone in which a calendar window was computed. */
  readonly zone: string;
  /** Epoch ms; 0 for a lifetime and for a rolling window. */
  readonly start: number;
  /** Epoch ms, exclusive; `FOREVER` for a lifetime and for a rolling window. */
  readonly end: number;
  /** Set for a rolling window: how far it looks back, in ms. */
  readonly rollingMs?: number;
}

/** One window's part in a reserve. Amounts in thousandths of the unit: picodollars, millitokens. */
export interface WindowClaim extends WindowAt {
  /** In whole units (nano-dollars, tokens, runs); `null` is unlimited, but counted. A window's credit is added to it. */
  readonly limit: number | null;
  /** The subject's own limit, before a route or a call lowered it: what thresholds are parts of. */
  readonly cap: number | null;
  readonly fixed: number;
  readonly perOutput: number;
}

/** A window as it stands. */
export interface WindowState extends WindowAt {
  readonly spent: number;
  readonly held: number;
  /** What operators have added to this window's limits. */
  readonly credit: number;
  /** Of a rolling window with spending in it: when its oldest charge leaves, epoch ms. */
  readonly frees?: number;
}

/** Who and what a hold is for; comes back in the ledger's line. Never holds a message's text. */
export interface HoldFacts {
  readonly user: string;
  readonly thread: string;
  readonly run: string;
  readonly step: string;
  readonly assistant: string;
  readonly route?: string;
  /** Subjects of the app's own scopes: `{ tenant: 'acme' }`. */
  readonly subjects?: Readonly<Record<string, string>>;
  readonly model: string;
  readonly tier: string;
  readonly priceVersion: string;
  /** Whether it went to a regional endpoint, which costs more. */
  readonly regional?: boolean;
  /** The prompt tokens that the ceiling is made for. */
  readonly promptTokens: number;
}

export interface ReserveRequest {
  /** The hold's id, made by the caller: asking again by the same id is answered again, not granted again. */
  readonly hold: string;
  /** The process that holds. */
  readonly owner: string;
  /** After this long without a renewal the hold may be recovered. */
  readonly ttlMs: number;
  /** How many output tokens the call may be given; the store grants the most that fits everywhere. */
  readonly output: { readonly min: number; readonly max: number };
  readonly claims: readonly WindowClaim[];
  /** The versions of the settings that the claims were made by; 0 for a subject that has none. */
  readonly subjects: readonly SettingsVersion[];
  /** Thousandths of a claim's `cap`, ascending, at which a notice is written; none for no notices. */
  readonly thresholds: readonly number[];
  /** The step's ceiling in picodollars: kept on the hold, so that settling and recovery read nothing else. */
  readonly ceiling: { readonly fixed: number; readonly perOutput: number };
  readonly facts: HoldFacts;
}

export type ReserveReply =
  | {
      readonly kind: "held";
      readonly outputTokens: number;
      /** After the hold, in the order of the claims. */
      readonly windows: readonly WindowState[];
      readonly now: number;
      readonly expiresAt: number;
    }
  | {
      readonly kind: "refused";
      /** As they stand, in the order of the claims. */
      readonly windows: readonly WindowState[];
      /** Indexes of the claims that refused. */
      readonly refused: readonly number[];
      /** A claim each: how many output tokens would have fitted there. */
      readonly fits: readonly number[];
      readonly now: number;
      /** Set where this refusal wrote a notice. */
      readonly noticed?: true;
    }
  /** Settings that the claims were not made by: here they are; compute again. */
  | { readonly kind: "settings"; readonly settings: readonly Settings[]; readonly now: number }
  /** A window asked for is not the one that the store's clock is in: compute again from `now`. */
  | { readonly kind: "stale"; readonly now: number }
  /** A hold of this id has already come to its end. */
  | { readonly kind: "ended"; readonly now: number };

/** What a step did cost, and how that is known. */
export interface Charge {
  /** Nano-dollars. */
  readonly nano: number;
  readonly tokens: number;
  /** `reported` by the provider · `counted` by us · `assumed`: the whole ceiling. */
  readonly known: "reported" | "counted" | "assumed";
  /** Why it is not `reported`, or what was odd about it. */
  readonly cause?: string;
  readonly usage: Usage;
  readonly responseId?: string;
  /** The model that answered. */
  readonly model: string;
  /** The service tier that answered. */
  readonly tier: string;
}

/** One line of the ledger, for ever: what a step cost, or what an operator did. */
export type LedgerLine = StepLine | ActLine;

/** What a step cost. */
export interface StepLine {
  readonly id: string;
  readonly hold: string;
  /** A `correction` carries the difference to the `charge` of the same hold. */
  readonly kind: "charge" | "correction";
  /** Epoch ms by the store's clock. */
  readonly at: number;
  readonly charge: Charge;
  readonly facts: HoldFacts;
  /** What was held for it: nano-dollars. */
  readonly ceiling: number;
  /** How far the charge went beyond its ceiling: nano-dollars. */
  readonly overrun?: number;
}

export type SettleReply =
  | {
      readonly kind: "settled";
      readonly line: StepLine;
      /** The windows that the hold was taken in, after it. */
      readonly windows: readonly WindowState[];
      /** Set where this charge wrote a notice. */
      readonly noticed?: true;
    }
  | { readonly kind: "released"; readonly windows: readonly WindowState[] }
  /** The hold had ended before; nothing moved. `line` is absent after a release. */
  | { readonly kind: "already"; readonly line?: StepLine }
  | { readonly kind: "unknown" };

/** A hold that has not ended. */
export interface OpenHold {
  readonly id: string;
  readonly owner: string;
  readonly facts: HoldFacts;
  /** Nano-dollars. */
  readonly ceiling: number;
  /** Tokens held: the prompt's bound and the output granted. */
  readonly tokens: number;
  readonly outputTokens: number;
  readonly createdAt: number;
  readonly expiresAt: number;
  readonly responseId?: string;
}

/** Which lines are wanted; all given conditions hold together. */
export interface LineQuery {
  /** This user's steps and what operators did to this user, also under ids that were merged into it. */
  readonly user?: string;
  /** This run's steps. */
  readonly run?: string;
  /** Only lines after the line with this id: for paging. */
  readonly after?: string;
  /** Default 1,000. */
  readonly limit?: number;
}

export interface LedgerStore {
  /** The store's own time, epoch ms. */
  now(): Promise<number>;
  /** Holds in every claim's window, with the most output tokens that fit everywhere, or in none. */
  reserve(request: ReserveRequest): Promise<ReserveReply>;
  /**
   * Ends a hold with a charge, in the windows in which it was taken. A hold that was charged as
   * `assumed` and is settled again with better knowledge gets a `correction` of the difference.
   */
  settle(hold: string, charge: Charge): Promise<SettleReply>;
  /** Ends a hold without a charge. */
  release(hold: string): Promise<SettleReply>;
  /** Records the provider's response id on an open hold. */
  attach(hold: string, responseId: string): Promise<void>;
  /** Moves the expiry of these holds, and says which of them are still open. */
  renew(holds: readonly string[], ttlMs: number): Promise<readonly string[]>;
  /** Open holds: all of them, or only those that have expired; oldest first. */
  holds(query: { readonly expired: boolean; readonly limit: number }): Promise<readonly OpenHold[]>;
  /** Takes or keeps a lease by its name; false while another owner has it. */
  lease(request: {
    readonly name: string;
    readonly owner: string;
    readonly ttlMs: number;
  }): Promise<boolean>;
  /** The windows as they stand; one never touched has nothing spent and nothing held. */
  windows(windows: readonly WindowAt[]): Promise<readonly WindowState[]>;
  /** Lines in the order in which they were written. */
  lines(query: LineQuery): Promise<readonly LedgerLine[]>;
  /** The settings of these subjects, in their order; version 0 where nobody has said anything. */
  settings(subjects: readonly SubjectKey[]): Promise<readonly Settings[]>;
  /** Carries out what an operator says, all or nothing, once by its id. */
  act(act: Act): Promise<ActReply>;
  /**
   * Windows in force that have a cap, the fullest first: by spent + held as a part of cap + credit.
   * It may look at every window there is.
   */
  fullest(query: FullestQuery): Promise<readonly CappedWindow[]>;
  /** Leases undelivered notices, oldest first, to whoever will deliver them. */
  takeNotices(request: {
    readonly owner: string;
    readonly leaseMs: number;
    readonly limit: number;
  }): Promise<readonly Notice[]>;
  /** A notice was delivered: it is not given out again. */
  dropNotice(id: string): Promise<void>;
}

/** Everything that assistants-budget keeps. Opened lazily, by the first call. */
export interface Store extends LedgerStore, ThreadStore {
  /** For messages: `memory`, or `SQLite at <path>`. */
  readonly name: string;
  /** Opens now instead of at the first call; throws what is wrong. */
  open(): Promise<void>;
  /** Ends what `open` began. Never closes a client that the app brought. */
  close(): Promise<void>;
}
