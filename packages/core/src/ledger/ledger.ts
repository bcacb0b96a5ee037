/** The only one that moves money: reserve before a step, settle or release after it. */
import { v7 as uuid } from "uuid";
import { BudgetError, isBudgetError } from "../errors.ts";
import { type Policy, admit } from "../rules/index.ts";
import { throwIfAborted } from "./abort.ts";
import { askStore } from "./ask-store.ts";
import { type Balance, balanceOf } from "./balance.ts";
import { limitedWindows } from "./claims.ts";
import { countPeriods, lackingPeriods } from "./counted-periods.ts";
import type { BalanceQuery, Demand, Hold, LimitAt, Subjects } from "./demand.ts";
import { type EndReply, endings } from "./endings.ts";
import type { KeptCharges } from "./kept-charges.ts";
import type { Standing } from "./known-settings.ts";
import { limitsInForce } from "./limit-layers.ts";
import { isInFlight, refusal } from "./refusal.ts";
import { renewal } from "./renewal.ts";
import { requestFor } from "./request.ts";
import { standings } from "./standings.ts";
import { type Monotonic, storeClock } from "./store-clock.ts";
import type { Charge, OpenHold, ReserveReply, ReserveRequest, Store, WindowAt } from "./store.ts";
import { unheldSteps } from "./unheld.ts";
import { waiting } from "./waiting.ts";
import { watched } from "./watched.ts";

/** A hold lives this long without a sign of life from its owner. */
const HOLD_TTL_MS = 60_000;

/** More than this many steps are not let out on trust while the store is away. */
const MOST_UNHELD = 1_000;

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
  balances(query: BalanceQuery): Promise<readonly Balance[]>;
  /** The window that a limit of this subject is in now. */
  windowOf(scope: string, subject: string, limit: LimitAt): Promise<WindowAt>;
  /** Holds whose owners have fallen silent. */
  expired(): Promise<readonly OpenHold[]>;
  /** The store's time, epoch ms. */
  now(): Promise<number>;
  /** Takes up charges that an earlier process could not bring to the store. */
  resume(): Promise<void>;
  /** Offers once more what the store could not take, and stops renewing. */
  close(): Promise<void>;
}

export interface LedgerHost {
  readonly store: Store;
  /** The process that holds. */
  readonly owner: string;
  readonly monotonic: Monotonic;
  /** What becomes of a step while the store is away. */
  readonly onStoreError: "deny" | "allow";
  /** Thousandths of a limit at which notices are written. */
  readonly thresholds: readonly number[];
  readonly keptCharges: KeptCharges | undefined;
  readonly warn: (message: string) => void;
  /** Told where the store has written a notice. */
  readonly noticed: () => void;
  /** For tests. Default 60,000. */
  readonly holdTtlMs?: number | undefined;
}

export function createLedger(host: LedgerHost): Ledger {
  const { store, monotonic, thresholds, warn, holdTtlMs: ttlMs = HOLD_TTL_MS } = host;
  let own: string | undefined;
  let holds = 0;
  /** Unique without a draw for each: the process's own name and a number. */
  const nextHold = (): string => `hold_${(own ??= uuid())}_${(holds += 1)}`;
  const clock = storeClock(store, monotonic);
  const settings = standings(store);
  const waiters = waiting();
  const named = watched();
  /** Limits of which all is counted: what most steps go by, looked at once. */
  const complete = new WeakMap<
    object,
    { counted: object; named: object; scopes: ReadonlySet<string> }
  >();
  const living = renewal({ store, monotonic, ttlMs });
  const unheld = unheldSteps();
  const ends = endings({
    store,
    unheld,
    warn,
    keptCharges: host.keptCharges,
    requestOf: (id, demand) => requestOf(id, demand, settings.standingOf(demand.subjects)),
    learned: learn,
    ended: (id, reply) => {
      living.ended(id);
      if (reply.kind === "settled" || reply.kind === "released")
        for (const { family } of reply.windows) waiters.wake(family);
      if (reply.kind === "settled" && reply.noticed) host.noticed();
    },
  });

  function learn(reply: ReserveReply): void {
    clock.learn(reply.now);
    if (reply.kind === "settings") settings.learn(reply.settings);
    if (reply.kind === "refused" && reply.noticed) host.noticed();
  }

  async function requestOf(
    id: string,
    demand: Omit<Demand, "waitMs">,
    standing: Standing,
  ): Promise<ReserveRequest> {
    const at = { standing, now: await clock.now() };
    return requestFor({ hold: id, owner: host.owner, ttlMs, thresholds }, demand, at);
  }

  /** What these limits need to be counted by every process, and is not. */
  function lackingFor(demand: Demand, { subjects, counted, limits }: Standing): readonly string[] {
    const known = complete.get(demand.limits);
    const scopes = Object.keys(subjects);
    const isUntouched = Object.keys(limits).length === 0;
    if (
      isUntouched &&
      known?.counted === counted &&
      known.named === named.all() &&
      scopes.every((scope) => known.scopes.has(scope))
    )
      return [];
    const inForce = limitsInForce(demand.limits, limits).limits;
    const lacking = lackingPeriods([named.all(), inForce], subjects, counted);
    if (isUntouched && lacking.length === 0)
      complete.set(demand.limits, { counted, named: named.all(), scopes: new Set(scopes) });
    return lacking;
  }

  async function reserve(demand: Demand): Promise<Hold> {
    try {
      return await hold(demand);
    } catch (error) {
      const away = isBudgetError(error) && error.code === "store_unavailable";
      const isFull = unheld.size + ends.waiting >= MOST_UNHELD;
      if (!away || host.onStoreError === "deny" || isFull) throw error;
      // A request that can't be counted is no store that is away.
      if (error.cause instanceof RangeError || error.cause instanceof TypeError) throw error;
      const known = settings.standingOf(demand.subjects).frozen;
      if (known) throw frozen(known.scope);
      warn(`a step goes out without a hold, because \`onStoreError\` is 'allow': ${error.message}`);
      return unheld.begin(demand);
    }
  }

  async function hold(demand: Demand): Promise<Hold> {
    const id = nextHold();
    const giveUp = monotonic() + demand.waitMs;
    for (;;) {
      throwIfAborted(demand.signal);
      const standing = await settings.forReserve(demand.subjects, !demand.countRun);
      if (standing.frozen) throw frozen(standing.frozen.scope);
      const lacking = lackingFor(demand, standing);
      if (lacking.length > 0) {
        await countPeriods(store, lacking, (found) => settings.learn(found));
        continue;
      }
      const request = await requestOf(id, demand, standing);
      const sent = monotonic();
      const reply = await ask(request);
      switch (reply.kind) {
        case "held":
          ends.taken(id, demand, reply.outputTokens);
          return living.born({ id, outputTokens: reply.outputTokens, request, sent });
        case "ended":
          throw new BudgetError("store_unavailable", {
            message: `hold ${id} has ended before its step began. Try again.`,
          });
        case "settings":
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

  /** Asked again by the same id, a lost answer is answered again and nothing is held twice. */
  async function ask(request: ReserveRequest): Promise<ReserveReply> {
    const reply = await askStore(() => store.reserve(request)).catch((error: unknown) => {
      // It may be held, only the answers were lost: recovery would charge for a call never sent.
      void ends.end(request.hold);
      throw error;
    });
    learn(reply);
    return reply;
  }

  /** What the store says of windows now. */
  async function look(subjects: Subjects): Promise<{ standing: Standing; now: number }> {
    const standing = await settings.lookUp(subjects);
    clock.learn(await askStore(() => store.now()));
    return { standing, now: await clock.now() };
  }

  return {
    watch: (limits) => named.add(limits),
    reserve,
    refusalOf: async (demand) => {
      const { standing, now } = await look(demand.subjects);
      if (standing.frozen) return frozen(standing.frozen.scope);
      const request = await requestOf("none", demand, standing);
      const windows = await askStore(() => store.windows(request.claims));
      const claims = request.claims.map((claim, i) => {
        const { spent = 0, held = 0, credit = 0 } = windows[i] ?? {};
        return { ...claim, spent, held, limit: claim.limit === null ? null : claim.limit + credit };
      });
      const verdict = admit(claims, request.output);
      if (verdict.ok) return undefined;
      return refusal(request, { kind: "refused", windows, ...verdict, now });
    },
    settle: (id, charge) => ends.end(id, charge),
    release: (id) => ends.end(id),
    attach: async (id, responseId) => {
      if (!unheld.has(id)) await askStore(() => store.attach(id, responseId));
    },
    balances: async ({ limits, subjects, timeZone, scopes }) => {
      const { standing, now } = await look(subjects);
      const inForce = limitsInForce(limits, standing.limits).limits;
      const windows = limitedWindows(inForce, standing.subjects, { now, timeZone }).filter(
        ({ at }) => !scopes || scopes.has(at.scope),
      );
      const states = await askStore(() => store.windows(windows.map(({ at }) => at)));
      return states.map((state, i) =>
        balanceOf(state, (windows[i]?.limit ?? 0) + state.credit, now),
      );
    },
    windowOf: async (scope, subject, { limit, timeZone }) => {
      clock.learn(await askStore(() => store.now()));
      const at = { now: await clock.now(), timeZone };
      const [window] = limitedWindows({ [scope]: [limit] }, { [scope]: subject }, at);
      if (!window) throw new RangeError(`no window for ${scope}`);
      return window.at;
    },
    expired: () => askStore(() => store.holds({ expired: true, limit: 1000 })),
    now: async () => clock.now(),
    resume: () => ends.resume(),
    close: async () => {
      await ends.close();
      living.close();
    },
  };
}

function frozen(scope: string): BudgetError {
  return new BudgetError("subject_frozen", {
    message: `An operator froze this ${scope}; \`operator.unfreeze\` lets it go on.`,
    detail: "AI is switched off here. Ask whoever runs this service.",
  });
}
