import type { Play } from "../play.ts";
import { printReply } from "../print/http.ts";
/** What the user's browser gets when the money is spent. */
import { beat, heading } from "../print/screen.ts";

export async function refusal({ alice }: Play, thread: string): Promise<void> {
  heading("4. Alice asks once more. This is the whole answer");
  printReply(await alice.say("One more thing: do you have gas cartridges?", thread));
  await beat(900);
}
