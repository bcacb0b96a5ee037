import type { Play } from "../play.ts";
/** One user's spent budget is nobody else's. */
import { beat, heading, say } from "../print/screen.ts";
import { answered } from "../shopper.ts";

export async function otherUser({ bob }: Play): Promise<void> {
  heading("5. Bob is served as before");
  const question = "Hello, is my order B-2077 on its way?";
  const run = answered(await bob.say(question));
  const today = await bob.budget();
  say(`Bob:   ${question}`);
  say(`Shop:  ${run.text}`, "dim");
  say(`$${run.cost}, so Bob has $${today.remaining} of $${today.limit} left.`);
  await beat(600);
}
