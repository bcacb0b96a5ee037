/** Two users who are to be one, as the suites write them down. */
import type {
  Act,
  MovedWindow,
  SubjectKey,
  WindowAt,
  WindowClaim,
} from "@assistants-budget/core/store";
import { act } from "./acts.ts";
import { charge, claim, day, lifetime } from "./requests.ts";
import { type Scene, settled } from "./scene.ts";

/** Alice's windows, and Bob's. */
export const hers: readonly WindowAt[] = [day(), lifetime()];
export const his: readonly WindowAt[] = [day({ subject: "bob" }), lifetime({ subject: "bob" })];
export const CAROL: SubjectKey = { scope: "user", subject: "carol" };

export function claimsOf(
  windows: readonly WindowAt[],
  takes: number,
  limit: number | null = null,
): readonly WindowClaim[] {
  return windows.map((window) => claim(window, { limit, takes }));
}

/** A charge in these windows, which are all of one user; it was assumed. */
export async function pay(
  scene: Scene,
  windows: readonly WindowAt[],
  nano: number,
): Promise<string> {
  const user = windows[0]?.subject ?? "alice";
  const hold = await scene.hold({ claims: claimsOf(windows, nano), user, run: `run of ${user}` });
  settled(await scene.store.settle(hold, charge(nano, { known: "assumed" })));
  return hold;
}

/** Asserts what each of them has spent and held. */
export async function all(
  scene: Scene,
  windows: readonly WindowAt[],
  sums: readonly [number, number],
): Promise<void> {
  for (const window of windows) await scene.stands(window, ...sums);
}

/** What was moved, but for windows into which nothing was. */
export function moves(moved: readonly MovedWindow[] | undefined): ReadonlyMap<string, unknown> {
  const some = (moved ?? []).filter(({ spent, held, credit }) => spent + held + credit > 0);
  return new Map(some.map(({ family, ...rest }) => [family, rest]));
}

export function mergeAct(subject: string, into: string): Act {
  return act({ kind: "merge", scope: "user", subject, into });
}
