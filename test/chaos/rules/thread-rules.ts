import { type Budget, isBudgetError } from "@assistants-budget/core";
import { few } from "../broken-rule.ts";
import type { Aftermath } from "../ending.ts";
import { messageOf } from "../model.ts";
import type { KnownThread } from "../threads.ts";

const AT_ONCE = 16;

/**
 * Every thread takes a next turn, whatever has happened in it: also under the name that its user had
 * before a merge, and under the one that stands for it since.
 */
export async function checkThreads(
  budget: Budget,
  { threads, identities, tell }: Pick<Aftermath, "threads" | "identities" | "tell">,
): Promise<void> {
  const left = [...threads];
  const failed: string[] = [];
  const input = messageOf({ rounds: 0, tokens: 20, pauseMs: 0 });
  const turn = async ({ id, person, mayBeLost }: KnownThread) => {
    try {
      for (const user of new Set([person.user, identities.userOf(person.user)])) {
        const { status, stop } = await budget.for({ ...person, user }).run({ thread: id, input });
        if (status !== "completed") failed.push(`${id}: ${status}, ${stop?.reason ?? "no reason"}`);
      }
    } catch (error) {
      const code = isBudgetError(error) ? error.code : String(error);
      if (code !== "thread_not_found" || !mayBeLost()) failed.push(`${id}: ${code}`);
    }
  };
  const worker = async () => {
    for (let thread = left.pop(); thread; thread = left.pop()) await turn(thread);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  if (failed.length > 0)
    tell("threads", `${failed.length} of ${threads.length} can't go on: ${few(failed)}`);
}
