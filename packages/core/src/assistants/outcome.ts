/** What became of a call whose stream broke: the provider is asked, for as long as it may still know. */
import type { Answered, Backend, Lost } from "./backend.ts";
import { pauseFor } from "./pause.ts";

const FIRST_PAUSE_MS = 200;
const LONGEST_PAUSE_MS = 2_000;

/** The answer after all, or the loss with what the provider last said. */
export async function outcomeOf(
  lost: Lost,
  backend: Backend,
  patience: { readonly ms: number; readonly monotonic: () => number },
): Promise<Answered | Lost> {
  const { responseId } = lost;
  if (responseId === undefined) return lost;
  const giveUp = patience.monotonic() + patience.ms;
  for (let pause = FIRST_PAUSE_MS; ; pause = Math.min(pause * 2, LONGEST_PAUSE_MS)) {
    // `in_progress` and an early 404 are no answers: the response may not be stored yet.
    const found = await backend.find(responseId);
    if (found.kind === "answered") return found;
    if (patience.monotonic() + pause > giveUp)
      return {
        ...lost,
        message: `${lost.message}; asked later, the provider's answer was: ${found.kind}`,
      };
    await pauseFor(pause);
  }
}
