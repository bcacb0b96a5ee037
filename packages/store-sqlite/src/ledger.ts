import {
  type Charge,
  type Entry,
  type OpenHold,
  type ReserveReply,
  type ReserveRequest,
  type SettleReply,
  type StepLine,
  type WindowState,
  admit,
  ceilingOf,
  chargeLine,
  correctionLine,
  entryOf,
  isExhausted,
  spentOf,
} from "@assistants-budget/core/store";
import type { Taken } from "./entries.ts";
import type { Hold } from "./holds.ts";
import type { Found } from "./seeding/seeding.ts";
import type { State } from "./state.ts";
import { type Counter, addSpent, dropOldBuckets, spentIn, stateOf } from "./windows/counter.ts";

/** Reserving and settling; each a function to be run inside one transaction. */
export interface Ledger {
  reserve(request: ReserveRequest): ReserveReply;
  settle(hold: string, charge: Charge): SettleReply;
  release(hold: string): SettleReply;
}

export function ledger(state: State): Ledger {
  const { now, counters, holds, lines, notices, origins, seeding, settings } = state;

  function reserve(request: ReserveRequest): ReserveReply {
    const at = now();
    const fate = holds.fate(request.hold);
    const before = fate === "open" ? holds.open(request.hold) : undefined;
    if (before) return grantOf(before, at);
    if (fate) return { kind: "ended", now: at };
    const others = settings.unlike(request.subjects);
    if (others.length > 0) return { kind: "settings", settings: others, now: at };

    const found: Found[] = [];
    for (const claim of request.claims) {
      const one = seeding.find(claim, at);
      if (!one) return { kind: "stale", now: at };
      found.push(one);
    }
    const verdict = admit(
      request.claims.map(({ limit, fixed, perOutput }, i) => {
        const counter = counterAt(found, i);
        const { held, credit } = counter;
        return {
          limit: raised(limit, credit),
          fixed,
          perOutput,
          spent: spentIn(counter, at),
          held,
        };
      }),
      request.output,
    );
    return verdict.ok
      ? hold(request, found, { at, outputTokens: verdict.outputTokens })
      : refuse(request, found, { at, ...verdict });
  }

  function hold(
    request: ReserveRequest,
    found: readonly Found[],
    { at, outputTokens }: { readonly at: number; readonly outputTokens: number },
  ): ReserveReply {
    const { claims, thresholds, facts, owner } = request;
    // Everything that can throw comes before the first change.
    const entries = claims.map((claim, i) => entryOf(counterAt(found, i), claim, outputTokens));
    const { nano, tokens } = ceilingOf(request, outputTokens);
    for (const [i, { counter, amount, cap }] of entries.entries()) {
      begin(found[i], at);
      counter.held += amount;
      counters.touch(counter);
      if (cap === undefined || cap === counter.cap) continue;
      counter.cap = cap;
      counters.describe(counter);
    }
    const open: OpenHold = {
      id: request.hold,
      owner,
      facts,
      ceiling: nano,
      tokens,
      outputTokens,
      createdAt: at,
      expiresAt: at + request.ttlMs,
    };
    // The holds of before have their parts in what was seeded: this one has its own.
    holds.add(open, { origin: origins.idOf(facts), thresholds, entries });
    return grantOf({ open, thresholds, entries }, at);
  }

  function begin(found: Found | undefined, at: number): void {
    if (!found || found.counter.id !== 0) return;
    counters.begin(found.counter, at);
    found.whenBegun?.();
  }

  function refuse(
    { claims, output, thresholds }: ReserveRequest,
    found: readonly Found[],
    { at, refused, fits }: { at: number; refused: readonly number[]; fits: readonly number[] },
  ): ReserveReply {
    let noticed = false;
    for (const index of refused) {
      const [claim, one] = [claims[index], found[index]];
      if (!claim || !one || thresholds.length === 0) continue;
      if (!isExhausted(claim, stateOf(one.counter, at), output.min)) continue;
      // What was noticed is remembered with the window.
      const { cap } = claim;
      const full = { cap: cap ?? undefined, thresholds, exhausted: true, now: at };
      const due = notices.due(one.counter, full);
      if (!due) continue;
      begin(one, at);
      notices.write(one.counter, due);
      noticed = true;
    }
    const windows = found.map(({ counter }) => stateOf(counter, at));
    const reply = { kind: "refused" as const, windows, refused, fits, now: at };
    return noticed ? { ...reply, noticed } : reply;
  }

  /** Puts a charge, or a difference to it, into the windows of its hold. */
  function spend(entry: Entry<Counter>, amount: number, at: number): void {
    addSpent(entry.counter, entry, { amount, at });
    counters.touch(entry.counter);
  }

  function settled(line: StepLine, parts: Taken, at: number): SettleReply {
    const noticed = notices.charged(parts, at);
    const reply = { kind: "settled" as const, line, windows: windowsOf(parts, at) };
    return noticed ? { ...reply, noticed } : reply;
  }

  /** Better knowledge of a hold that was charged as assumed: the difference, dated as the charge was. */
  function correct(id: string, charge: Charge): SettleReply {
    const first = lines.charge(id);
    if (!first) return { kind: holds.fate(id) ? "already" : "unknown" };
    const { line } = first;
    const isFinal = line.charge.known !== "assumed" || charge.known === "assumed";
    if (isFinal || lines.corrected(id) || lines.adjusted(id)) return { kind: "already", line };
    const at = now();
    const parts = state.partsOf(first);
    for (const entry of parts.entries)
      spend(entry, spentOf(entry, charge) - spentOf(entry, line.charge), line.at);
    const written = lines.write(correctionLine(line, charge, at), first);
    return settled(written, parts, at);
  }

  return {
    reserve,
    settle: (id, charge) => {
      const one = holds.open(id);
      if (!one) return correct(id, charge);
      const at = now();
      for (const entry of one.entries) {
        entry.counter.held -= entry.amount;
        spend(entry, spentOf(entry, charge), at);
        dropOldBuckets(entry.counter, at);
      }
      holds.charged(one);
      return settled(lines.write(chargeLine(one.open, charge, at), one), one, at);
    },
    release: (id) => {
      const one = holds.open(id);
      if (!one) {
        const fate = holds.fate(id);
        const first = fate === "charged" ? lines.charge(id) : undefined;
        if (first) return { kind: "already", line: first.line };
        return { kind: fate ? "already" : "unknown" };
      }
      for (const { counter, amount } of one.entries) {
        counter.held -= amount;
        counters.touch(counter);
      }
      const at = now();
      holds.released(one, at);
      return { kind: "released", windows: windowsOf(one, at) };
    },
  };
}

function windowsOf({ entries }: Taken, at: number): WindowState[] {
  return entries.map(({ counter }) => stateOf(counter, at));
}

/** As it stands now: asked again, a hold answers with the present. */
function grantOf(hold: Taken & Pick<Hold, "open">, at: number): ReserveReply {
  const { outputTokens, expiresAt } = hold.open;
  return { kind: "held", outputTokens, windows: windowsOf(hold, at), now: at, expiresAt };
}

/** A window's credit is added to every limit that is claimed of it. */
function raised(limit: number | null, credit: number): number | null {
  return limit === null ? null : Math.min(limit + credit, Number.MAX_SAFE_INTEGER);
}

function counterAt(found: readonly Found[], index: number): Counter {
  const one = found[index];
  if (!one) throw new RangeError(`no claim ${index}`);
  return one.counter;
}
