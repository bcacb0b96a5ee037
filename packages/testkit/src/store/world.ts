/** A store and a model side by side: each command goes to both, and then they must agree. */
import assert from "node:assert/strict";
import type { LedgerLine, WindowAt, WindowClaim } from "@assistants-budget/core/store";
import type { Command } from "./commands.ts";
import { type ModelHold, model, takenBy } from "./model.ts";
import { HOUR, NOON, charge, day, hour, lifetime, request, rolling } from "./requests.ts";
import { type Scene, already, held, refused, settled } from "./scene.ts";

type Reserve = Extract<Command, { kind: "reserve" }>;
type Settle = Extract<Command, { kind: "settle" }>;

export interface World {
  carryOut(command: Command): Promise<void>;
  /** Ends whatever is open, after which nothing is held. */
  endAll(): Promise<void>;
}

/** Subjects and holds carry the world's name, so that many worlds can share one store. */
export function world({ store, clock }: Scene, name: string): World {
  clock.set(NOON);
  const expected = model(clock.now);
  const users = [`${name}: a`, `${name}: b`];
  let holdsMade = 0;
  let latest = NOON;

  function windowsOf(user: string): readonly { at: WindowAt; limit: number }[] {
    const now = { at: clock.now() };
    const app = { scope: "app", subject: name };
    return [
      // Whoever asks moves from zone to zone.
      { at: day({ subject: user, zone: (holdsMade % 3) * 5, ...now }), limit: 500 },
      { at: rolling(HOUR, { subject: user }), limit: 300 },
      { at: hour({ ...app, ...now }), limit: 400 },
      { at: lifetime({ subject: user, unit: "tokens" }), limit: 600 },
      { at: day({ ...app, unit: "runs", ...now }), limit: 9 },
    ];
  }

  function pick(which: number): ModelHold | undefined {
    return [...expected.holds.values()][which % Math.max(1, expected.holds.size)];
  }

  async function reserve(wish: Reserve): Promise<void> {
    const { fixed, perOutput, min, more, ttlMs } = wish;
    const user = wish.user === "a" ? users[0] : users[1];
    const prices = {
      usd: { fixed, perOutput },
      tokens: { fixed: 7000, perOutput: 1000 },
      runs: { fixed: 1000, perOutput: 0 },
    };
    const claims = windowsOf(user ?? name)
      .filter((_, i) => wish.windows[i])
      .map(({ at, limit }) => ({
        ...at,
        ...prices[at.unit],
        limit: wish.half ? Math.floor(limit / 2) : limit,
      }));
    holdsMade += 1;
    const asked = {
      ...request({ claims, min, max: min + more, ttlMs, user: user ?? name }),
      hold: `${name}: hold ${holdsMade}`,
      ceiling: { fixed, perOutput },
    };
    const before = await store.windows(claims);
    const fits = claims.map((claim, i) => {
      const spent = before[i]?.spent ?? 0;
      return fitIn(claim, spent + expected.standing(claim).held, asked.output.max);
    });
    const least = Math.min(asked.output.max, ...fits);
    const reply = await store.reserve(asked);
    if (least >= min) {
      assert.equal(held(reply).outputTokens, least);
      expected.hold(asked, least);
    } else {
      const { refused: who, fits: told } = refused(reply);
      assert.deepEqual(
        who,
        fits.flatMap((fit, i) => (fit < min ? [i] : [])),
      );
      assert.deepEqual(
        told,
        fits.map((fit) => Math.max(fit, 0)),
      );
    }
  }

  async function settle({ percent, known }: Settle, hold: ModelHold): Promise<void> {
    const of = (amount: number) => Math.floor((amount * percent) / 100);
    const { nano, tokens } = hold.ceiling;
    const paid = charge(of(nano), { tokens: of(tokens), known });
    const reply = await store.settle(hold.request.hold, paid);
    const corrects = hold.state === "assumed" && known !== "assumed";
    if (hold.state === "open" || corrects) {
      assert.equal(settled(reply).line.kind, hold.state === "open" ? "charge" : "correction");
      expected.end(hold, paid);
    } else already(reply);
  }

  async function release(hold: ModelHold): Promise<void> {
    const reply = await store.release(hold.request.hold);
    if (hold.state === "open") {
      assert.equal(reply.kind, "released");
      expected.end(hold);
    } else already(reply);
  }

  async function reserveAgain(hold: ModelHold): Promise<void> {
    const reply = await store.reserve(hold.request);
    if (hold.state === "open") assert.equal(held(reply).outputTokens, hold.outputTokens);
    else assert.equal(reply.kind, "ended");
  }

  async function renew(hold: ModelHold): Promise<void> {
    const renewed = await store.renew([hold.request.hold], HOUR);
    assert.equal(renewed.length, hold.state === "open" ? 1 : 0);
    if (hold.state === "open") hold.expiresAt = clock.now() + HOUR;
  }

  /** What the sweeper does: each expired hold is charged in full. */
  async function recover(): Promise<void> {
    const listed = await store.holds({ expired: true, limit: 10_000 });
    const ids = listed.map(({ id }) => id).filter((id) => id.startsWith(`${name}: `));
    const due = [...expected.holds.values()].filter(
      ({ state, expiresAt }) => state === "open" && expiresAt <= clock.now(),
    );
    const dueIds = due.map((hold) => hold.request.hold);
    assert.deepEqual(ids.toSorted(), dueIds.toSorted());
    const all = { kind: "settle", which: 0, percent: 100, known: "assumed" } as const;
    await Promise.all(due.map((hold) => settle(all, hold)));
  }

  async function apply(command: Command): Promise<void> {
    if (command.kind === "reserve") return reserve(command);
    if (command.kind === "recover") return recover();
    if (command.kind === "wait") return clock.advance(command.ms);
    const hold = pick(command.which);
    if (!hold) return undefined;
    switch (command.kind) {
      case "settle":
        return settle(command, hold);
      case "release":
        return release(hold);
      case "renew":
        return renew(hold);
      case "reserve again":
        return reserveAgain(hold);
    }
  }

  /** The promise: spent and held stay within the limit, but for what names itself. */
  async function compare(): Promise<void> {
    latest = Math.max(latest, clock.now());
    const all = users.flatMap(windowsOf);
    const states = await store.windows(all.map(({ at }) => at));
    const pages = await Promise.all(users.map((user) => store.lines({ user })));
    const lines = pages.flat();
    for (const [i, { at, limit }] of all.entries()) {
      const { atLeast, atMost, held: inHolds, excess } = expected.standing(at);
      const { spent = Number.NaN, held: heldNow = Number.NaN } = states[i] ?? {};
      assert.equal(heldNow, inHolds, `held of ${at.family}`);
      assert.ok(spent >= atLeast && spent <= atMost, `spent of ${at.family}: ${spent}`);
      // What had left a rolling window is in it again when time goes back.
      const granted = at.rollingMs !== undefined && clock.now() < latest ? atLeast : spent;
      assert.ok(granted + heldNow <= limit + excess, `${at.family} is above its limit`);
      if (at.unit === "usd" && at.rollingMs === undefined)
        assert.equal(sumIn(at, lines), spent, `lines of ${at.family}`);
    }
    const ends = lines.map(({ hold, kind }) => `${kind} of ${hold}`);
    assert.equal(new Set(ends).size, ends.length, "a hold ended twice");
  }

  /** The lines of the holds that were taken in the window in force. */
  function sumIn(at: WindowAt, lines: readonly LedgerLine[]): number {
    const window = expected.inForce(at);
    return lines.reduce((sum, { hold, charge: { nano } }) => {
      const parts = expected.holds.get(hold)?.parts ?? [];
      return parts.some((part) => part.window === window) ? sum + nano : sum;
    }, 0);
  }

  return {
    carryOut: async (command) => {
      await apply(command);
      await compare();
    },
    endAll: async () => {
      const open = [...expected.holds.values()].filter(({ state }) => state === "open");
      await Promise.all(open.map(release));
      await compare();
    },
  };
}

/** The most output tokens that fit, tried one by one from the top; -1 if none do. */
function fitIn(claim: WindowClaim, taken: number, max: number): number {
  for (let tokens = max; tokens >= 0; tokens -= 1)
    if (taken + takenBy(claim, tokens) <= (claim.limit ?? Infinity)) return tokens;
  return -1;
}
