/** The only one that moves money: reserve before a step, settle or release after it. */
import { v7 as uuid } from "uuid";
import { BudgetError } from "../errors.ts";
import { type Policy, admit } from "../rules/index.ts";
import { throwIfAborted } from "./abort.ts";
import { askStore } from "./ask-store.ts";
import { type Balance, balanceOf } from "./balance.ts";
import { type Ceiling, type Subjects, claimsOf, limitedWindows } from "./claims.ts";
import { pending } from "./pending.ts";
import { isInFlight, refusal } from "./refusal.ts";
import { renewal } from "./renewal.ts";
import { type Monotonic, storeClock } from "./store-clock.ts";
import type {
  Charge,
  HoldFacts,
  OpenHold,
  ReserveRequest,
  SettleReply,
  Store,
  WindowState,
} from "./store.ts";
import { waiting } from "./waiting.ts";
import { watched, withCounted } from "./watched.ts";

/** A hold lives this long without a sign of life from its owner. */
const HOLD_TTL_MS = 60_000;

/** What a step asks the ledger for. */
export interface Demand {
  readonly limits: Policy["limits"];
  readonly subjects: Subjects;
  readonly timeZone: string;
  readonly ceiling: Ceiling;
  readonly output: { readonly min: number; readonly max: number };
  /** True for a run of which nothing has been charged yet. */
  readonly countRun: boolean;
  readonly facts: HoldFacts;
  /** How long to wait for money that running calls hold, ms. */
  readonly waitMs: number;
  readonly signal?: AbortSignal;
}

/** Money set aside for one step. It ends exactly once, by `settle` or `release`. */
export interface Hold {
  readonly id: string;
  readonly outputTokens: number;
  /** Nano-dollars. */
  readonly ceiling: number;
  /** False once its expiry is near: then nothing may be sent on it any more. */
  fresh(): boolean;
}

/** How a hold is to end: with a charge, or without one. */
interface End {
  readonly hold: string;
  readonly charge: Charge | undefined;
}

/** How it did end; `pending` where the store is away: the end is kept and offered again. */
type EndReply = SettleReply | { readonly kind: "pending" };

export interface Ledger {
  /** Counts these limits' periods from now on, on every request. */
  watch(limits: Policy["limits"]): void;
  /** @throws BudgetError with the refusal, or `store_unavailable`. */
  reserve(demand: Demand): Promise<Hold>;
  /** The refusal that `reserve` would give now, without holding anything. */
  refusalOf(demand: Omit<Demand, "waitMs">): Promise<BudgetError | undefined>;
  /** Never throws for a store that is away: the charge is kept and offered again, the answer is `pending`. */
  settle(hold: string, charge: Charge): Promise<EndReply>;
  release(hold: string): Promise<EndReply>;
  attach(hold: string, responseId: string): Promise<void>;
  balances(query: Pick<Demand, "limits" | "subjects" | "timeZone">): Promise<readonly Balance[]>;
  /** Holds whose owners have fallen silent. */
  expired(): Promise<readonly OpenHold[]>;
  /** The store's time, epoch ms. */
  now(): Promise<number>;
  /** Offers once more what the store could not take, and stops renewing. */
  close(): Promise<void>;
}

export interface LedgerHost {
  readonly store: Store;
  readonly monotonic: Monotonic;
}

export function createLedger({ store, monotonic }: LedgerHost): Ledger {
  const owner = `process_${uuid()}`;
  const clock = storeClock(store, monotonic);
  const waiters = waiting();
  const counted = watched();
  const unsettled = pending(offer);
  const living = renewal({ store, monotonic, ttlMs: HOLD_TTL_MS });

  async function requestOf(id: string, demand: Omit<Demand, "waitMs">): Promise<ReserveRequest> {
    const { limits, subjects, timeZone, ceiling, output, facts } = demand;
    const at = { now: await clock.now(), timeZone };
    const limited = limitedWindows(limits, subjects, at);
    const windows = withCounted(limited, limitedWindows(counted.all(), subjects, at));
    return {
      hold: id,
      owner,
      ttlMs: HOLD_TTL_MS,
      output,
      claims: claimsOf(windows, ceiling, demand.countRun),
      ceiling: {
        fixed: ceiling.promptTokens * ceiling.rates.prompt,
        perOutput: ceiling.rates.completion,
      },
      facts,
    };
  }

  async function reserve(demand: Demand): Promise<Hold> {
    const id = `hold_${uuid()}`;
    const giveUp = monotonic() + demand.waitMs;
    for (;;) {
      throwIfAborted(demand.signal);
      const request = await requestOf(id, demand);
      const sent = monotonic();
      // Asked again by the same id, a lost answer is answered again and nothing is held twice.
      const reply = await askStore(() => store.reserve(request)).catch((error: unknown) => {
        // It may be held, only the answers were lost: recovery would charge for a call never sent.
        void end({ hold: id, charge: undefined });
        throw error;
      });
      clock.learn(reply.now);
      switch (reply.kind) {
        case "held":
          return living.born({ id, outputTokens: reply.outputTokens, request, sent });
        case "ended":
          throw new BudgetError("store_unavailable", {
            message: `hold ${id} has ended before its step began. Try again.`,
          });
        case "stale":
          break;
        case "refused": {
          const left = giveUp - monotonic();
          if (left <= 0 || !isInFlight(request, reply)) throw refusal(request, reply);
          const families = reply.refused.flatMap((i) => request.claims[i]?.family ?? []);
          await waiters.until(families, left);
        }
      }
    }
  }

  async function offer({ hold, charge }: End): Promise<SettleReply> {
    const reply = await askStore(() => (charge ? store.settle(hold, charge) : store.release(hold)));
    living.ended(hold);
    if (reply.kind === "settled" || reply.kind === "released")
      waiters.wake(reply.windows.map(({ family }) => family));
    return reply;
  }

  async function end(ending: End): Promise<EndReply> {
    try {
      return await offer(ending);
    } catch {
      // Its hold goes on living, so that nobody recovers it meanwhile.
      unsettled.add(ending.hold, ending);
      return { kind: "pending" };
    }
  }

  return {
    watch: (limits) => counted.add(limits),
    reserve,
    refusalOf: async (demand) => {
      clock.learn(await askStore(() => store.now()));
      const request = await requestOf("none", demand);
      const windows = await askStore(() => store.windows(request.claims));
      const claims = request.claims.map((claim, i) => ({ ...claim, ...sums(windows[i]) }));
      const verdict = admit(claims, request.output);
      if (verdict.ok) return undefined;
      return refusal(request, { kind: "refused", windows, ...verdict, now: await clock.now() });
    },
    settle: (hold, charge) => end({ hold, charge }),
    release: (hold) => end({ hold, charge: undefined }),
    attach: (hold, responseId) => askStore(() => store.attach(hold, responseId)),
    balances: async ({ limits, subjects, timeZone }) => {
      clock.learn(await askStore(() => store.now()));
      const now = await clock.now();
      const windows = limitedWindows(limits, subjects, { now, timeZone });
      const states = await askStore(() => store.windows(windows.map(({ at }) => at)));
      return windows.flatMap(({ limit }, i) => {
        const state: WindowState | undefined = states[i];
        return state && limit.amount !== null ? balanceOf(state, limit.amount, now) : [];
      });
    },
    expired: () => askStore(() => store.holds({ expired: true, limit: 1000 })),
    now: () => clock.now(),
    close: async () => {
      await unsettled.flush();
      unsettled.close();
      living.close();
    },
  };
}

function sums(state: WindowState | undefined): { readonly spent: number; readonly held: number } {
  return { spent: state?.spent ?? 0, held: state?.held ?? 0 };
}
