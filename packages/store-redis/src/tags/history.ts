/** A window that begins although tags have spent before: a period that a later deploy brought. */
import { randomUUID } from "node:crypto";
import type { ReserveRequest, WindowClaim } from "@assistants-budget/core/store";
import { unavailable } from "../data-set.ts";
import { atOnce } from "./at-once.ts";
import { UNTOLD, askMain } from "./main-window.ts";
import { BEFORE, HISTORY, accountOf, sliceWindow } from "./slice.ts";
import { atTag } from "./tag-slice.ts";
import type { Tag, Tags } from "./tag.ts";

/**
 * Each tag fills the window from its own lines, as any store does, by a hold of nothing. Settings are
 * copied first: after that no tag grants anything by what was counted before. Who is second begins
 * nothing.
 */
export async function beginWithHistory(
  tags: Tags,
  keepMs: number,
  claim: WindowClaim,
): Promise<void> {
  await tags.share([]);
  const before = await atOnce(await tags.all(), async (tag) => {
    // Only who has a counter of the subject has a history to be filled from.
    await atTag(tag, keepMs, { window: sliceWindow(claim, HISTORY) });
    const { spent, held } = await filled(tag, claim);
    return [accountOf(tag.name, tag.run.set(), BEFORE), spent, held] as const;
  });
  const account = accountOf("", "", BEFORE);
  const asked = { account, window: claim, told: UNTOLD, begin: true, before };
  await askMain(tags.main.run, keepMs, asked);
}

async function filled(
  { name, store }: Tag,
  claim: WindowClaim,
): Promise<{ readonly spent: number; readonly held: number }> {
  const free = { limit: null, cap: null, fixed: 0, perOutput: 0 };
  const hold = `slices_${randomUUID()}`;
  const reply = await store.reserve({ ...NOTHING, hold, claims: [{ ...claim, ...free }] });
  const state = reply.kind === "held" ? reply.windows[0] : undefined;
  // As after a lost answer: nothing has begun at the main, and it is asked again.
  if (!state) throw unavailable(`The clock of tag ${name} is in another window than the main's.`);
  await store.release(hold);
  return state;
}

const NOTHING: Omit<ReserveRequest, "hold" | "claims"> = {
  owner: "slices",
  ttlMs: 60_000,
  output: { min: 0, max: 0 },
  subjects: [],
  thresholds: [],
  ceiling: { fixed: 0, perOutput: 0 },
  facts: {
    user: "",
    thread: "",
    run: "",
    step: "",
    assistant: "",
    model: "",
    tier: "",
    priceVersion: "",
    promptTokens: 0,
  },
};
