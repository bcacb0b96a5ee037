import type { Act } from "../acts.ts";
import { ceilingOf, isExhausted, windowOf } from "../entries.ts";
import type { LedgerStore, ReserveReply, ReserveRequest } from "../store.ts";
import { acts } from "./acts.ts";
import { type Decision, decide } from "./admission.ts";
import { type Counter, type Taken, spentIn, stateOf } from "./counters.ts";
import { ending } from "./ending.ts";
import { fullestOf } from "./fullest.ts";
import { type Hold, openHolds, windowsOf } from "./holds.ts";
import type { MemoryState } from "./state.ts";
import { takenBy } from "./taking.ts";

/** The ledger's part of the memory store: the reference that other stores are compared with. */
export function memoryLedger(state: MemoryState): LedgerStore {
  const { clock, families, holds, lines, settings, notices } = state;
  const leases = new Map<string, { readonly owner: string; readonly until: number }>();

  function reserve(request: ReserveRequest): ReserveReply {
    const now = clock();
    const before = holds.get(request.hold);
    if (before) return grantOf(before, now);
    const others = settings.unlike(request.subjects);
    if (others) return { kind: "settings", settings: others, now };

    const taken = takenBy(state, request.claims, now);
    if (!taken) return { kind: "stale", now };
    const { counters } = taken;
    const decision = decide(request, counters, now);
    // Everything that can throw comes before the first change.
    return decision.ok
      ? grantOf(take(request, { ...decision, taken }, now), now)
      : refuse(request, { counters, decision, now });
  }

  function take(
    request: ReserveRequest,
    { outputTokens, amounts, taken }: Extract<Decision, { ok: true }> & { readonly taken: Taken },
    now: number,
  ): Hold {
    const { hold: id, owner, facts, thresholds, ttlMs } = request;
    const { nano, tokens } = ceilingOf(request, outputTokens);
    const hold: Hold = {
      id,
      facts,
      ceiling: nano,
      thresholds,
      taken,
      open: {
        owner,
        tokens,
        outputTokens,
        createdAt: now,
        expiresAt: now + ttlMs,
        responseId: undefined,
        amounts,
        before: undefined,
        after: undefined,
      },
      charge: undefined,
      at: 0,
      line: -1,
      nano: 0,
      final: false,
    };
    const { counters, caps } = taken;
    for (let i = 0; i < counters.length; i += 1) {
      const counter = counters[i];
      if (!counter) continue;
      if (!counter.begun) families.begin(counter);
      counter.held += amounts[i] ?? 0;
      counter.cap = caps[i] ?? counter.cap;
    }
    const first = counters[0];
    if (first) first.usual = taken;
    holds.add(hold, now);
    return hold;
  }

  function refuse(
    { claims, output, thresholds }: ReserveRequest,
    {
      counters,
      decision: { refused, fits },
      now,
    }: {
      readonly counters: readonly Counter[];
      readonly decision: Extract<Decision, { ok: false }>;
      readonly now: number;
    },
  ): ReserveReply {
    let noticed = false;
    for (const index of refused) {
      const [claim, counter] = [claims[index], counters[index]];
      if (!claim || !counter) continue;
      const { credit } = counter;
      if (!isExhausted(claim, { spent: spentIn(counter, now), credit }, output.min)) continue;
      const due = { cap: claim.cap, thresholds, exhausted: true };
      if (!notices.write(counter, due, now)) continue;
      // What was noticed is remembered with the window.
      families.begin(counter);
      noticed = true;
    }
    const windows = counters.map((counter) => stateOf(counter, now));
    const reply = { kind: "refused" as const, windows, refused, fits, now };
    return noticed ? { ...reply, noticed } : reply;
  }

  const ends = ending(state);
  const act = acts(state, (hold, now) => ends.notice(hold, now));

  return {
    now: async () => clock(),
    reserve: async (request) => reserve(request),
    settle: async (hold, charge) => ends.settle(hold, charge),
    release: async (hold) => ends.release(hold),
    attach: async (id, responseId) => {
      const hold = holds.get(id);
      if (hold?.open) hold.open.responseId = responseId;
    },
    renew: async (ids, ttlMs) => {
      const now = clock();
      return ids.filter((id) => {
        const open = holds.get(id)?.open;
        if (open) open.expiresAt = now + ttlMs;
        return open !== undefined;
      });
    },
    holds: async ({ expired, limit }) => {
      const now = clock();
      return [...holds.open()]
        .flatMap(openHolds)
        .filter(({ expiresAt }) => !expired || expiresAt <= now)
        .slice(0, limit);
    },
    lease: async ({ name, owner, ttlMs }) => {
      const now = clock();
      const lease = leases.get(name);
      if (lease && lease.owner !== owner && lease.until > now) return false;
      leases.set(name, { owner, until: now + ttlMs });
      return true;
    },
    windows: async (windows) => {
      const now = clock();
      return windows.map((at) => {
        const counter = families.inForce(at, now);
        return counter ? stateOf(counter, now) : { ...windowOf(at), spent: 0, held: 0, credit: 0 };
      });
    },
    lines: async (query) => lines.read(query),
    settings: async (subjects) => subjects.map(settings.of),
    act: async (one: Act) => act(one),
    fullest: async (query) => fullestOf(families.all(), query, clock()),
    takeNotices: async (request) => notices.take(request),
    dropNotice: async (id) => notices.drop(id),
  };
}

function grantOf(hold: Hold, now: number): ReserveReply {
  if (!hold.open) return { kind: "ended", now };
  const { outputTokens, expiresAt } = hold.open;
  return { kind: "held", outputTokens, windows: windowsOf(hold, now), now, expiresAt };
}
