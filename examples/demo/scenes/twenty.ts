import type { Play } from "../play.ts";
/** Twenty requests at once run into the cap. */
import { meter } from "../print/bar.ts";
import { beat, heading, paint, print, say } from "../print/screen.ts";
import type { Problem, Reply } from "../shopper.ts";
import { checkThenSpend } from "./check-then-spend.ts";

const REQUESTS = 20;
const QUESTION = "Write me a packing guide for a weekend.";

export async function twenty({ alice, provider }: Play): Promise<void> {
  const before = await alice.budget();
  heading(`3. ${REQUESTS} requests at once, $${before.remaining} left of $${before.limit}`);
  if (!provider.isReal) await usualWay(before.remaining);

  const replies = await Promise.all(Array.from({ length: REQUESTS }, () => alice.say(QUESTION)));
  const after = await alice.budget();
  const passed = replies.filter(({ status }) => status === 200).length;
  say("Here: set aside, call, settle.");
  show("answered", passed, "green");
  for (const [reason, count] of refusals(replies)) show(reason, count, "yellow");
  say(`spent $${after.spent} of $${after.limit}, held $${after.held}, left $${after.remaining}`);
  const needed = replies.map(refusedBy).find((window) => window !== undefined)?.needed;
  if (needed !== undefined) {
    const fits = Number(needed) <= Number(after.remaining);
    say(
      `One more would have had to set aside $${needed}: ${fits ? "it would fit" : "it does not fit"}.`,
      "bold",
    );
  }
  await beat(900);
}

/** The same requests against a guard that looks first and adds up afterwards. */
async function usualWay(left: string): Promise<void> {
  const { passed, invoice } = await checkThenSpend({
    requests: REQUESTS,
    left: Number(left),
    message: QUESTION,
  });
  say("The usual way: look whether money is left, call, add up.", "dim");
  show("answered", passed, "dim");
  say(`the provider's invoice: $${invoice}, where $${left} was left`, "dim");
  print();
  await beat(400);
}

function show(what: string, count: number, style: "green" | "yellow" | "dim"): void {
  const drawn = meter(count / REQUESTS, REQUESTS);
  print(`  ${String(count).padStart(4)}  ${paint(style, drawn)}  ${what}`);
}

function refusals(replies: readonly Reply[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const { status, body } of replies) {
    if (status === 200) continue;
    const reason = `refused: ${status} ${(body as Problem).code}`;
    counts.set(reason, (counts.get(reason) ?? 0) + 1);
  }
  return counts;
}

function refusedBy({ status, body }: Reply) {
  return status === 402 ? (body as Problem).refused_by?.[0] : undefined;
}
