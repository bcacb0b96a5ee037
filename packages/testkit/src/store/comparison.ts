import assert from "node:assert/strict";
import type { LedgerLine, Store } from "@assistants-budget/core/store";
import type { Model, ModelWindow } from "./model.ts";
import type { Process } from "./process.ts";
import { nanoOf } from "./scene.ts";

/** Asserts that a store shows what a model expects of it: windows, and the lines that they come from. */
export function comparison({
  store,
  expected,
  process,
  names,
}: {
  readonly store: Store;
  readonly expected: Model;
  readonly process: Process;
  readonly names: readonly string[];
}): () => Promise<void> {
  return async () => {
    const users = [...new Set(names.map(expected.userOf))];
    const all = users.flatMap((user) => process.windowsOf(user, 0)).map(({ at }) => at);
    const states = await store.windows(all);
    const pages = await Promise.all(users.map((user) => store.lines({ user })));
    const lines = pages.flat();
    for (const [i, at] of all.entries()) {
      const window = expected.inForce(at);
      // What one that has not begun would be seeded with is seen when it begins.
      if (!expected.hasBegun(window) && window.parts.length > 0) continue;
      const { atLeast, atMost, held } = expected.standing(window);
      const state = states[i];
      assert.ok(state);
      const { spent } = state;
      assert.equal(state.held, held, `held of ${at.family}`);
      assert.equal(state.credit, window.credit, `credit of ${at.family}`);
      assert.ok(spent >= atLeast && spent <= atMost, `spent of ${at.family}: ${spent}`);
      if (at.unit === "usd" && at.rollingMs === undefined)
        assert.equal(sumIn(window, lines), spent, `lines of ${at.family}`);
    }
    const ends = lines.flatMap((line) => ("hold" in line ? `${line.kind} of ${line.hold}` : []));
    assert.equal(new Set(ends).size, ends.length, "a hold ended twice");
  };
}

/** The lines of the holds that are in a window. */
function sumIn({ parts }: ModelWindow, lines: readonly LedgerLine[]): number {
  const ids = new Set(parts.map(({ hold }) => hold.request.hold));
  return lines.reduce((sum, line) => {
    const hold = holdOf(line);
    return hold !== undefined && ids.has(hold) ? sum + nanoOf(line) : sum;
  }, 0);
}

function holdOf(line: LedgerLine): string | undefined {
  if ("hold" in line) return line.hold;
  return line.act.kind === "adjustment" ? line.act.hold : undefined;
}
