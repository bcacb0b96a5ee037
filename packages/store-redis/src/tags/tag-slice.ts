/** A slice at its tag: to look at it, to note what was taken, to close it. */
import type { WindowAt } from "@assistants-budget/core/store";
import { subjectKey } from "../hot-texts.ts";
import { nameOf, part } from "../keys.ts";
import { OVER, SLICE } from "../lua/tags/slice.ts";
import { howItCounts } from "../operation.ts";
import { int, text } from "../replies.ts";
import type { Call } from "../script.ts";
import { factsOf, stretchOf } from "../window-states.ts";
import type { Told } from "./main-window.ts";
import { wholeOf } from "./slice.ts";
import type { Tag } from "./tag.ts";

/** What was taken and returned as far as the main knows; whether it returns what is free. */
export interface SliceOrder {
  readonly taken?: number;
  readonly back?: number;
  readonly close?: boolean;
}

export interface SliceState extends Told {
  readonly room: number;
}

export async function atTag(
  { run }: Tag,
  keepMs: number,
  { window, taken = 0, back = 0, close = false }: SliceOrder & { readonly window: WindowAt },
): Promise<SliceState> {
  const { family, start, end, zone } = window;
  const whole = wholeOf(window) ?? window;
  const names = [part(family), String(start), String(end), part(zone), howItCounts(window)];
  const fixed = [String(keepMs), ...names, subjectKey(whole.scope, whole.subject)];
  const call = (order: readonly string[]): Call => ({
    script: SLICE,
    keys: [],
    args: [...fixed, ...order],
    // What was taken and returned comes back as it was, whatever is free then.
    again: ([, , , ...sums]) => [call([String(int(sums[0])), String(int(sums[1])), "0"])],
  });
  const reply = await run.run(call([String(taken), String(back), close ? "1" : "0"]));
  const [took = 0, gave = 0, at = 0, spent = 0, held = 0] = reply.slice(3).map(int);
  const room = took - gave - spent - held;
  // What was spent beyond it counts at the main first, like all that is taken.
  return { start, taken: took + Math.max(-room, 0), back: gave, spent, at, room };
}

/** Slices in force in which more was spent than was taken. */
export async function overdrawn({ run }: Tag): Promise<readonly WindowAt[]> {
  const reply = (await run.run({ script: OVER, keys: [], args: [] })).slice(3).map(text);
  return Array.from({ length: reply.length / 2 }, (_, i) => {
    const facts = factsOf(nameOf(reply[2 * i] ?? ""));
    return { ...facts, ...stretchOf(reply[2 * i + 1]) };
  });
}
