/** One test of a store: an empty store at noon, and the few moves that most tests are made of. */
import assert from "node:assert/strict";
import type {
  LedgerLine,
  ReserveReply,
  SettleReply,
  StepLine,
  Store,
  WindowAt,
  WindowState,
} from "@assistants-budget/core/store";
import type { OpenedStore, Runner, StoreHarness, TestClock } from "./harness.ts";
import { NOON, type Wish, request } from "./requests.ts";

export type Held = Extract<ReserveReply, { kind: "held" }>;
export type Refused = Extract<ReserveReply, { kind: "refused" }>;

export interface Scene {
  readonly store: Store;
  readonly clock: TestClock;
  /** Reserves, and gives back the answer whatever it is. */
  readonly reserve: (wish: Wish) => Promise<ReserveReply>;
  /** Reserves what must be granted, and gives back the hold's id. */
  readonly hold: (wish: Wish) => Promise<string>;
  /** Asserts what a window has spent and held. */
  readonly stands: (window: WindowAt, spent: number, held: number) => Promise<void>;
  /** The same store as a new process sees it, at the same time. Not for stores that forget. */
  readonly reopen: () => Promise<Scene>;
}

/** Declares tests, each with a store of its own. */
export type Declare = (name: string, body: (scene: Scene) => Promise<void>) => void;

/** One part of the suite, under a heading of its own. */
export interface Part {
  readonly name: string;
  /** Only for stores that outlive their process. */
  readonly reopens?: true;
  readonly tests: (test: Declare) => void;
}

export function declarePart<Opened extends OpenedStore>(
  runner: Runner,
  harness: StoreHarness<Opened>,
  part: Part,
): void {
  const declare: Declare = (name, body) => {
    runner.test(name, async () => {
      let opened = await harness.open();
      opened.clock.set(NOON);
      const reopen = async (): Promise<Scene> => {
        if (!harness.reopen) throw new TypeError("this harness has no reopen()");
        opened = await harness.reopen(opened);
        return sceneOf(opened, reopen);
      };
      try {
        await body(sceneOf(opened, reopen));
      } finally {
        await opened.close();
      }
    });
  };
  runner.describe(part.name, () => part.tests(declare));
}

function sceneOf({ store, clock }: OpenedStore, reopen: Scene["reopen"]): Scene {
  const reserve = (wish: Wish): Promise<ReserveReply> => store.reserve(request(wish));
  return {
    store,
    clock,
    reopen,
    reserve,
    hold: async (wish) => {
      const asked = request(wish);
      held(await store.reserve(asked));
      return asked.hold;
    },
    stands: async (window, spent, heldNow) => {
      const state = await stateOf(store, window);
      const found = { spent: state.spent, held: state.held };
      assert.deepEqual(found, { spent, held: heldNow }, window.family);
    },
  };
}

export async function stateOf(store: Store, window: WindowAt): Promise<WindowState> {
  const [state] = await store.windows([window]);
  assert.ok(state, "windows() answers each window asked for");
  return state;
}

export function held(reply: ReserveReply): Held {
  assert.equal(reply.kind, "held");
  return reply;
}

export function refused(reply: ReserveReply): Refused {
  assert.equal(reply.kind, "refused");
  return reply;
}

export function settled(reply: SettleReply): Extract<SettleReply, { kind: "settled" }> {
  assert.equal(reply.kind, "settled");
  return reply;
}

/** What `already` carries: the line that ended the hold, if any. */
export function already(reply: SettleReply): StepLine | undefined {
  assert.equal(reply.kind, "already");
  return reply.line;
}

/** How often each kind of answer was given. */
export function tally(replies: readonly { readonly kind: string }[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { kind } of replies) counts[kind] = (counts[kind] ?? 0) + 1;
  return counts;
}

/** What one line moved: nano-dollars. */
export function nanoOf(line: LedgerLine): number {
  return "charge" in line ? line.charge.nano : (line.nano ?? 0);
}

/** What lines come to, nano-dollars. */
export function sumOf(lines: readonly LedgerLine[]): number {
  return lines.reduce((sum, line) => sum + nanoOf(line), 0);
}
