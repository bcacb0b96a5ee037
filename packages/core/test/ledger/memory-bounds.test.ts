import { expect, test } from "vitest";
import { dropOldWindows } from "../../src/ledger/memory/bounds.ts";
import { type Counter, newCounter } from "../../src/ledger/memory/counters.ts";
import { type Families, counterFamilies } from "../../src/ledger/memory/families.ts";
import { type Hold, type Holds, rememberedHolds } from "../../src/ledger/memory/holds.ts";

const DAY = 24 * 60 * 60 * 1000;
const MANY = 10;

function windowOf(scope: string, subject: string, stretch: { start: number; end: number }) {
  const family = `${scope}|usd|-|${subject}`;
  return { family, scope, subject, unit: "usd" as const, period: "-", zone: "UTC", ...stretch };
}

/** Holds and windows of which the older ones are forgotten from ten holds on. */
function bench() {
  const families: Families = counterFamilies();
  const holds: Holds = rememberedHolds((before) => dropOldWindows(families, holds, before), MANY);
  let made = 0;

  function begin(scope: string, subject: string, stretch = { start: 0, end: Infinity }): Counter {
    const counter = newCounter(windowOf(scope, subject, stretch));
    families.begin(counter);
    return counter;
  }

  /** A hold that stays open. */
  function hold(counter: Counter, now: number): Hold {
    made += 1;
    const taken = { counters: [counter], caps: [null], start: 0, end: Infinity };
    const facts = {
      user: "alice",
      thread: "t",
      run: "r",
      step: "s",
      assistant: "a",
      model: "m",
      tier: "default",
      priceVersion: "1",
      promptTokens: 1,
    };
    const one: Hold = {
      id: `hold ${made}`,
      facts,
      ceiling: 1,
      thresholds: [],
      taken,
      open: {
        owner: "p",
        tokens: 1,
        outputTokens: 1,
        createdAt: now,
        expiresAt: now,
        responseId: undefined,
        amounts: [1],
        before: undefined,
        after: undefined,
      },
      charge: undefined,
      at: 0,
      line: -1,
      nano: 0,
      final: false,
    };
    counter.held += 1;
    holds.add(one, now);
    return one;
  }

  function end(one: Hold): void {
    for (const counter of one.taken.counters) counter.held -= 1;
    holds.end(one);
  }

  /** A month's holds in a window of their own. */
  function month(counter: Counter, now: number): void {
    for (let i = 0; i < MANY; i += 1) end(hold(counter, now));
  }

  return { families, holds, begin, hold, end, month };
}

test("ended holds are remembered for a month, open ones for as long as they are open", () => {
  const { holds, begin, hold, end, month } = bench();
  const user = begin("user", "alice");
  const [open, ended] = [hold(user, 0), hold(user, 0)];
  end(ended);
  month(user, 0);
  month(user, 31 * DAY);
  month(user, 33 * DAY);
  expect(holds.get(ended.id)).toBe(ended);
  month(user, 67 * DAY);
  expect(holds.get(ended.id)).toBeUndefined();
  expect(holds.get(open.id)).toBe(open);
  expect([...holds.open()]).toEqual([open]);
  end(open);
  expect([...holds.open()]).toEqual([]);
});

test("windows that ended long ago and those of old runs go with them, but for what is held", () => {
  const { families, begin, hold, end, month } = bench();
  const user = begin("user", "alice");
  const first = begin("user", "bob", { start: 0, end: DAY });
  const still = begin("user", "carol", { start: 0, end: DAY });
  const run = begin("run", "run-1");
  const later = begin("run", "run-2");
  for (const counter of [first, run]) end(hold(counter, 0));
  hold(still, 0);
  month(user, 0);
  month(user, 33 * DAY);
  end(hold(later, 34 * DAY));
  expect([...families.all()]).toHaveLength(5);
  month(user, 67 * DAY);
  expect(new Set(families.all())).toEqual(new Set([user, still, later]));
});

test("a clock that is ahead for a moment forgets nothing", () => {
  const { holds, families, begin, hold, end, month } = bench();
  const user = begin("user", "alice", { start: 0, end: DAY });
  const ended = hold(user, 0);
  end(ended);
  month(user, 0);
  end(hold(user, 999 * DAY));
  month(user, DAY);
  expect(holds.get(ended.id)).toBe(ended);
  expect([...families.all()]).toEqual([user]);
});
