/** What was charged beside what was billed. */
import assert from "node:assert/strict";
import { setTimeout as pause } from "node:timers/promises";
import type { LedgerLine, Store } from "@assistants-budget/core/store";
import type { Scene } from "./scene.ts";

/** A line that tells what a step cost. */
type Charged = Extract<LedgerLine, { readonly charge: unknown }>;

const PATIENCE_MS = 4_000;

/** Asks again until it is so. */
export async function eventually<T>(check: () => T | Promise<T>): Promise<T> {
  const deadline = performance.now() + PATIENCE_MS;
  for (;;) {
    try {
      return await check();
    } catch (error) {
      if (performance.now() > deadline) throw error;
      await pause(10);
    }
  }
}

/** Asserts that the ledger is the provider's invoice, a line each, with nothing left held. */
export async function sameBooks({ store, simulator }: Scene): Promise<readonly Charged[]> {
  await simulator.idle();
  await eventually(async () => {
    assert.deepEqual(await store.holds({ expired: false, limit: 1 }), [], "nothing is held");
  });
  const lines = await charges(store);
  const charged = lines.map(({ charge }) => [charge.responseId, BigInt(charge.nano)] as const);
  const billed = simulator
    .invoice()
    .lines.map(({ responseId, nano }) => [responseId, nano] as const);
  assert.deepEqual(new Map(charged), new Map(billed), "the ledger is the invoice");
  assert.equal(lines.length, billed.length);
  return lines;
}

/** Asserts that a request came to nothing: no call, no line, no hold. */
export async function costNothing({ store, simulator }: Scene): Promise<void> {
  assert.deepEqual(
    simulator.requests().map(({ path }) => path),
    [],
    "the provider was not asked",
  );
  assert.deepEqual(await charges(store), [], "nothing was charged");
  assert.deepEqual(await store.holds({ expired: false, limit: 1 }), [], "nothing is held");
}

/** Who paid, in order. */
export async function payers({ store }: Scene): Promise<readonly string[]> {
  return (await charges(store)).map(({ facts }) => facts.user);
}

/** Waits until the provider has been asked so often: by a request that is answered later, if at all. */
export async function asked(
  { simulator }: Scene,
  times: number,
  answer: Promise<Response>,
): Promise<void> {
  answer.catch(() => "whoever waits for it will see");
  await eventually(() => assert.equal(simulator.requests().length, times));
}

/** What the ledger has of steps, in order. */
export async function charges(store: Store): Promise<readonly Charged[]> {
  const lines = await store.lines({ limit: 1_000 });
  return lines.flatMap((line) => ("charge" in line ? [line] : []));
}

/** A model that says nothing until it may. */
export function gate(): { readonly opened: Promise<void>; readonly open: () => void } {
  const { promise, resolve } = Promise.withResolvers<void>();
  return { opened: promise, open: resolve };
}
