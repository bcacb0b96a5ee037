import { LRUCache } from "lru-cache";
import { admit } from "../rules/index.ts";
import { type Entry, ceilingOf, chargeLine, correctionLine, entryOf, spentOf } from "./entries.ts";
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
  readonly granted: Extract<ReserveReply, { kind: "held" }>;
}

interface EndedHold {
  readonly hold: Hold;
  readonly line?: LedgerLine;
}

/** How many ended holds are remembered, so that a repeated settle is recognised. */
const ENDED_HOLDS = 100_000;

/** The ledger's part of the memory store: the reference that other stores are compared with. */
export function memoryLedger(clock: () => number): LedgerStore {
  const families = new Map<string, Counter>();
  const holds = new Map<string, Hold>();
  const ended = new LRUCache<string, EndedHold>({ max: ENDED_HOLDS });
  const lines: LedgerLine[] = [];
  const leases = new Map<string, { readonly owner: string; readonly until: number }>();

  /** The counter in force for a window, or nothing where `now` lies outside the window asked for. */
  function counterFor(at: WindowAt, now: number): Counter | undefined {
    const current = families.get(at.family);
    if (current && now < current.at.end) return current;
    if (now < at.start || now >= at.end) return undefined;
    // A change of zone never starts a window early: the new one begins where the old one ended.
    const start = Math.max(at.start, current?.at.end ?? at.start);
    return { at: { ...at, start }, spent: 0, held: 0, buckets: new Map() };
  }

  function stateOf(counter: Counter, now: number): WindowState {
    const { rollingMs } = counter.at;
    if (rollingMs === undefined) return { ...counter.at, spent: counter.spent, held: counter.held };
    let spent = 0;
    let oldest = Infinity;
    for (const [index, bucket] of counter.buckets) {
      if (bucket.youngest <= now - rollingMs) counter.buckets.delete(index);
      else {
        spent += bucket.spent;
        if (bucket.spent > 0) oldest = Math.min(oldest, bucket.youngest);
      }
    }
    const frees = oldest === Infinity ? {} : { frees: oldest + rollingMs };
    return { ...counter.at, spent, held: counter.held, ...frees };
  }

  function addSpent(entry: Entry<Counter>, amount: number, at: number): void {
    if (entry.bucket === undefined) {
      entry.counter.spent += amount;
      return;
    }
    const index = Math.floor(at / entry.bucket);
    const bucket = entry.counter.buckets.get(index);
    if (bucket) {
      bucket.spent += amount;
      bucket.youngest = Math.max(bucket.youngest, at);
    } else entry.counter.buckets.set(index, { spent: amount, youngest: at });
  }

  function write(line: Omit<LedgerLine, "id">): LedgerLine {
    const written = { id: String(lines.length + 1), ...line };
    lines.push(written);
    return written;
  }

  /** Better knowledge of a hold that was charged as assumed: the difference, dated as the charge was. */
  function correct({ hold, line }: EndedHold, charge: Charge): SettleReply {
    if (!line || line.charge.known !== "assumed" || charge.known === "assumed")
      return line ? { kind: "already", line } : { kind: "already" };
    for (const entry of hold.entries)
      addSpent(entry, spentOf(entry, charge) - spentOf(entry, line.charge), line.at);
    const correction = write(correctionLine(line, charge, clock()));
    ended.set(hold.id, { hold, line: { ...line, charge } });
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

  function reserve(request: ReserveRequest): ReserveReply {
    const now = clock();
    if (ended.has(request.hold)) return { kind: "ended", now };
    const granted = holds.get(request.hold)?.granted;
    if (granted) return granted;

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
    const entries = counters.map((counter, i) => {
      families.set(counter.at.family, counter);
      const entry = entryOf(counter, claimAt(request, i), outputTokens);
      counter.held += entry.amount;
      return entry;
    });
    const { nano, tokens } = ceilingOf(request, outputTokens);
    const expiresAt = now + request.ttlMs;
    const reply = {
      kind: "held" as const,
      outputTokens,
      windows: counters.map((counter) => stateOf(counter, now)),
      now,
      expiresAt,
    };
    holds.set(request.hold, {
      id: request.hold,
      owner: request.owner,
      facts: request.facts,
      ceiling: nano,
      tokens,
      outputTokens,
      createdAt: now,
      expiresAt,
      entries,
      granted: reply,
    });
    return reply;
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
        return counter ? stateOf(counter, now) : { ...at, spent: 0, held: 0 };
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

function publicHold({ entries: _entries, granted: _granted, ...hold }: Hold): OpenHold {
  return hold;
}
