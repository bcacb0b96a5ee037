/** A store and a model side by side: each command goes to both, and then they must agree. */
import assert from "node:assert/strict";
import type { WindowClaim } from "@assistants-budget/core/store";
import { act, done, settingsOf } from "./acts.ts";
import { type Command, type Said, USERS } from "./commands.ts";
import { comparison } from "./comparison.ts";
import { type ModelHold, model, ofUser, takenBy } from "./model.ts";
import { processOf } from "./process.ts";
import { HOUR, NOON, charge, request } from "./requests.ts";
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
  const process = processOf(clock.now, name);
  const nameOf = (user: string): string => `${name}: ${user}`;
  const compare = comparison({ store, expected, process, names: USERS.map(nameOf) });
  /** Users of whose settings the process has not heard. */
  const unheard = new Set<string>();
  let holdsMade = 0;

  function pick(which: number): ModelHold | undefined {
    return [...expected.holds.values()][which % Math.max(1, expected.holds.size)];
  }

  /** Asks by the settings that it knows; where those are old it must be told, and asks again. */
  async function reserve(wish: Reserve): Promise<void> {
    const subject = nameOf(wish.user);
    const subjects = process.versions(subject);
    const old = subjects.filter((one) => unheard.has(one.subject)).map((one) => one.subject);
    if (old.length === 0) return reserveKnowing(wish, process.userOf(subject));
    const reply = await store.reserve(request({ claims: [], subjects }));
    assert.ok(reply.kind === "settings", `granted by old settings of ${old.join()}`);
    assert.deepEqual(
      reply.settings.map((one) => one.subject),
      old,
    );
    process.learn(reply.settings);
    for (const one of old) unheard.delete(one);
    return reserve(wish);
  }

  async function reserveKnowing(wish: Reserve, user: string): Promise<void> {
    assert.equal(user, expected.userOf(nameOf(wish.user)));
    if (process.isFrozen(user)) return;
    const { fixed, perOutput, min, more, ttlMs } = wish;
    const prices = {
      usd: { fixed, perOutput },
      tokens: { fixed: 7000, perOutput: 1000 },
      runs: { fixed: 1000, perOutput: 0 },
    };
    const claims = process
      .windowsOf(user, holdsMade)
      .filter((_, i) => wish.windows[i])
      .map(({ at, limit }) => ({
        ...at,
        ...prices[at.unit],
        limit: wish.half && limit !== null ? Math.floor(limit / 2) : limit,
        cap: limit,
      }));
    holdsMade += 1;
    const asked = {
      ...request({
        claims,
        min,
        max: min + more,
        ttlMs,
        user,
        run: `${name}: run ${holdsMade}`,
        facts: { tenant: name },
        subjects: process.versions(nameOf(wish.user)),
      }),
      hold: `${name}: hold ${holdsMade}`,
      ceiling: { fixed, perOutput },
    };
    const before = await store.windows(claims);
    const fits = claims.map((claim, i) => {
      const window = expected.inForce(claim);
      const { atLeast, held: inHolds } = expected.standing(window);
      // A rolling window may keep a charge a little longer: how long is the store's own.
      const spent = expected.hasBegun(window) ? (before[i]?.spent ?? 0) : atLeast;
      return fitIn(claim, spent + inHolds - window.credit, asked.output.max);
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
    const corrects = hold.isAssumed && known !== "assumed";
    if (hold.state === "open" || corrects) {
      assert.equal(settled(reply).line.kind, hold.state === "open" ? "charge" : "correction");
      expected.charge(hold, paid);
    } else already(reply);
  }

  async function release(hold: ModelHold): Promise<void> {
    const reply = await store.release(hold.request.hold);
    if (hold.state === "open") {
      assert.equal(reply.kind, "released");
      expected.release(hold);
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

  async function adjust(hold: ModelHold, nano: number): Promise<void> {
    const said = act({ kind: "adjustment", hold: hold.request.hold, nano });
    const reply = await store.act(said);
    if (hold.state === "charged") {
      assert.equal(done(reply).line.nano, nano - hold.spent.nano);
      expected.adjust(hold, nano);
    } else {
      const reason = hold.state === "open" ? "open" : "unknown";
      assert.deepEqual(reply, { kind: "refused", reason });
    }
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

  /** Each is said twice, as if its answer had been lost. */
  async function say(said: Said): Promise<void> {
    const key = { scope: "user" as const, subject: nameOf(said.user) };
    const user = expected.userOf(key.subject);
    if (said.kind === "merge") return mergeInto(key.subject, nameOf(said.into));
    if (said.kind === "credit") {
      const window = process.windowsOf(key.subject, 0)[said.window]?.at;
      assert.ok(window);
      const credit = act({ kind: "credit", window, amount: said.amount });
      const [first] = [done(await store.act(credit)), await store.act(credit)];
      const asked = window.scope === "user" ? ofUser(window, user) : window;
      expected.credit(asked, said.amount);
      assert.equal(first.window?.family, asked.family);
      return undefined;
    }
    const { version } = await settingsOf(store, { scope: "user", subject: user });
    const rest = said.kind === "limits" ? said : { kind: said.kind };
    const one = act({ ...rest, ...key });
    const { line } = done(await store.act(one));
    assert.deepEqual(await store.act(one), { kind: "already", line });
    const after = await settingsOf(store, { scope: "user", subject: user });
    assert.ok(after.version > version);
    unheard.add(user);
    return undefined;
  }

  async function mergeInto(subject: string, into: string): Promise<void> {
    const said = act({ kind: "merge", scope: "user", subject, into });
    const [reply, again] = [await store.act(said), await store.act(said)];
    const target = expected.userOf(into);
    if (expected.userOf(subject) !== subject || target === subject) {
      assert.deepEqual(reply, { kind: "refused", reason: "alias" });
      return;
    }
    assert.deepEqual(again, { kind: "already", line: done(reply).line });
    for (const one of USERS.map(nameOf)) if (expected.userOf(one) === subject) unheard.add(one);
    expected.merge(subject, target);
  }

  async function apply(command: Command): Promise<void> {
    switch (command.kind) {
      case "reserve":
        return reserve(command);
      case "recover":
        return recover();
      case "wait":
        return clock.advance(command.ms);
      case "limits":
      case "freeze":
      case "unfreeze":
      case "credit":
      case "merge":
        return say(command);
      default: {
        const hold = pick(command.which);
        return hold && applyTo(hold, command);
      }
    }
  }

  function applyTo(
    hold: ModelHold,
    command: Extract<Command, { readonly which: number }>,
  ): Promise<void> {
    switch (command.kind) {
      case "settle":
        return settle(command, hold);
      case "release":
        return release(hold);
      case "renew":
        return renew(hold);
      case "reserve again":
        return reserveAgain(hold);
      case "adjustment":
        return adjust(hold, command.nano);
    }
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
