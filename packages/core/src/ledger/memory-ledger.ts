import { LRUCache } from "lru-cache";
import { admit } from "../rules/index.ts";
import {
  type Entry,
  ceilingOf,
  chargeLine,
  correctionLine,
  entryOf,
  spentOf,
  windowOf,
} from "./entries.ts";
import type {
  Charge,
  LedgerLine,
  LedgerStore,
  OpenHold,
  ReserveReply,
  ReserveRequest,
  SettleReply,
  WindowAt,
  WindowState,
} from "./store.ts";

interface Bucket {
  spent: number;
  youngest: number;
}

interface Counter {
  readonly at: WindowAt;
  spent: number;
  held: number;
  readonly buckets: Map<number, Bucket>;
}

interface Hold extends OpenHold {
  readonly entries: readonly Entry<Counter>[];
}

interface EndedHold {
  readonly hold: Hold;
  readonly line?: LedgerLine;
  readonly corrected?: true;
}

/** How many ended holds are remembered, so that a repeated settle is recognised. */
const ENDED_HOLDS = 100_000;

/** The ledger's part of the memory store: the reference that other stores are compared with. */
export function memoryLedger(clock: () => number): LedgerStore {
  /** Each family's windows, by their time. */
  const families = new Map<string, Counter[]>();
  const holds = new Map<string, Hold>();
  const ended = new LRUCache<string, EndedHold>({ max: ENDED_HOLDS });
  const lines: LedgerLine[] = [];
  const leases = new Map<string, { readonly owner: string; readonly until: number }>();

  /** The counter in force for a window, or nothing where `now` lies outside the window asked for. */
  function counterFor(at: WindowAt, now: number): Counter | undefined {
    const windows = families.get(at.family) ?? [];
    const before = windows.findLast((one) => one.at.start <= now);
    if (before && now < before.at.end) return before;
    if (now < at.start || now >= at.end) return undefined;
    // Another zone's or another time's windows are never overlapped: the new one lies between them.
    const after = windows.find((one) => one.at.start > now);
    const start = Math.max(at.start, before?.at.end ?? at.start);
    const end = Math.min(at.end, after?.at.start ?? at.end);
    return { at: { ...windowOf(at), start, end }, spent: 0, held: 0, buckets: new Map() };
  }

  function begin(counter: Counter): void {
    const windows = families.get(counter.at.family) ?? [];
    if (windows.includes(counter)) return;
    const sorted = [...windows, counter].toSorted((a, b) => a.at.start - b.at.start);
    families.set(counter.at.family, sorted);
  }

  function stateOf(counter: Counter, now: number): WindowState {
    const { rollingMs } = counter.at;
    if (rollingMs === undefined) return { ...counter.at, spent: counter.spent, held: counter.held };
    let spent = 0;
    let oldest = Infinity;
    for (const bucket of counter.buckets.values()) {
      if (bucket.youngest <= now - rollingMs) continue;
      spent += bucket.spent;
      if (bucket.spent > 0) oldest = Math.min(oldest, bucket.youngest);
    }
    const frees = oldest === Infinity ? {} : { frees: oldest + rollingMs };
    return { ...counter.at, spent, held: counter.held, ...frees };
  }

  function addSpent(entry: Entry<Counter>, amount: number, at: number): void {
    const { bucket: width, counter } = entry;
    if (width === undefined) {
      counter.spent += amount;
      return;
    }
    const index = Math.floor(at / width);
    const bucket = counter.buckets.get(index);
    if (bucket) {
      bucket.spent += amount;
      if (amount > 0) bucket.youngest = Math.max(bucket.youngest, at);
    } else if (amount > 0) counter.buckets.set(index, { spent: amount, youngest: at });
    // Only here, and well after the period: a glance at a clock that runs ahead forgets nothing.
    for (const [old, { youngest }] of counter.buckets)
      if (youngest <= at - width * 63) counter.buckets.delete(old);
  }

  function write(line: Omit<LedgerLine, "id">): LedgerLine {
    const written = { id: String(lines.length + 1), ...line };
    lines.push(written);
    return written;
  }

  /** Better knowledge of a hold that was charged as assumed: the difference, dated as the charge was. */
  function correct({ hold, line, corrected }: EndedHold, charge: Charge): SettleReply {
    if (!line || corrected || line.charge.known !== "assumed" || charge.known === "assumed")
      return line ? { kind: "already", line } : { kind: "already" };
    for (const entry of hold.entries)
      addSpent(entry, spentOf(entry, charge) - spentOf(entry, line.charge), line.at);
    const correction = write(correctionLine(line, charge, clock()));
    ended.set(hold.id, { hold, line, corrected: true });
    return settled(hold, correction);
  }

  function settled(hold: Hold, line: LedgerLine): SettleReply {
    const now = clock();
    return { kind: "settled", line, windows: hold.entries.map((e) => stateOf(e.counter, now)) };
  }

  function settle(id: string, charge: Charge): SettleReply {
    const before = ended.get(id);
    if (before) return correct(before, charge);
    const hold = holds.get(id);
    if (!hold) return { kind: "unknown" };
    const now = clock();
    for (const entry of hold.entries) {
      entry.counter.held -= entry.amount;
      addSpent(entry, spentOf(entry, charge), now);
    }
    const line = write(chargeLine(hold, charge, now));
    holds.delete(id);
    ended.set(id, { hold, line });
    return settled(hold, line);
  }

  function release(id: string): SettleReply {
    const before = ended.get(id);
    if (before) return before.line ? { kind: "already", line: before.line } : { kind: "already" };
    const hold = holds.get(id);
    if (!hold) return { kind: "unknown" };
    for (const entry of hold.entries) entry.counter.held -= entry.amount;
    holds.delete(id);
    ended.set(id, { hold });
    const now = clock();
    return { kind: "released", windows: hold.entries.map((e) => stateOf(e.counter, now)) };
  }

  /** As it stands now: asked again, a hold answers with the present. */
  function grantOf(hold: Hold, now: number): ReserveReply {
    const { outputTokens, expiresAt, entries } = hold;
    const windows = entries.map(({ counter }) => stateOf(counter, now));
    return { kind: "held", outputTokens, windows, now, expiresAt };
  }

  function reserve(request: ReserveRequest): ReserveReply {
    const now = clock();
    if (ended.has(request.hold)) return { kind: "ended", now };
    const before = holds.get(request.hold);
    if (before) return grantOf(before, now);

    const counters: Counter[] = [];
    for (const claim of request.claims) {
      const counter = counterFor(claim, now);
      if (!counter) return { kind: "stale", now };
      counters.push(counter);
    }
    const states = counters.map((counter) => stateOf(counter, now));
    const claims = request.claims.map((claim, i) => ({ ...claim, ...sums(states[i]) }));
    const verdict = admit(claims, request.output);
    if (!verdict.ok) {
      return {
        kind: "refused",
        windows: states,
        refused: verdict.refused,
        fits: verdict.fits,
        now,
      };
    }
    const { outputTokens } = verdict;
    // Everything that can throw comes before the first change.
    const entries = counters.map((counter, i) =>
      entryOf(counter, claimAt(request, i), outputTokens),
    );
    const { nano, tokens } = ceilingOf(request, outputTokens);
    for (const { counter, amount } of entries) {
      begin(counter);
      counter.held += amount;
    }
    const hold = {
      id: request.hold,
      owner: request.owner,
      facts: request.facts,
      ceiling: nano,
      tokens,
      outputTokens,
      createdAt: now,
      expiresAt: now + request.ttlMs,
      entries,
    };
    holds.set(hold.id, hold);
    return grantOf(hold, now);
  }

  return {
    now: async () => clock(),
    reserve: async (request) => reserve(request),
    settle: async (hold, charge) => settle(hold, charge),
    release: async (hold) => release(hold),
    attach: async (id, responseId) => {
      const hold = holds.get(id);
      if (hold) holds.set(id, { ...hold, responseId });
    },
    renew: async (ids, ttlMs) => {
      const now = clock();
      const open = ids.filter((id) => holds.has(id));
      for (const id of open) {
        const hold = holds.get(id);
        if (hold) holds.set(id, { ...hold, expiresAt: now + ttlMs });
      }
      return open;
    },
    holds: async ({ expired, limit }) => {
      const now = clock();
      const found = [...holds.values()].filter((hold) => !expired || hold.expiresAt <= now);
      return found.slice(0, limit).map(publicHold);
    },
    lease: async ({ name, owner, ttlMs }) => {
      const now = clock();
      const held = leases.get(name);
      if (held && held.owner !== owner && held.until > now) return false;
      leases.set(name, { owner, until: now + ttlMs });
      return true;
    },
    windows: async (windows) => {
      const now = clock();
      return windows.map((at) => {
        const counter = counterFor(at, now);
        return counter ? stateOf(counter, now) : { ...windowOf(at), spent: 0, held: 0 };
      });
    },
    lines: async ({ user, run, after, limit = 1000 }) =>
      lines
        .slice(after === undefined ? 0 : Number(after))
        .filter((line) => user === undefined || line.facts.user === user)
        .filter((line) => run === undefined || line.facts.run === run)
        .slice(0, limit),
  };
}

function sums(state: WindowState | undefined): { spent: number; held: number } {
  return { spent: state?.spent ?? 0, held: state?.held ?? 0 };
}

function claimAt(request: ReserveRequest, index: number): ReserveRequest["claims"][number] {
  const claim = request.claims[index];
  if (!claim) throw new RangeError(`no claim ${index}`);
  return claim;
}

function publicHold({ entries: _entries, ...hold }: Hold): OpenHold {
  return hold;
}
