/** A user chats, and each turn costs more than the one before: it sends all that was said again. */
import type { Play } from "../play.ts";
import { bar } from "../print/bar.ts";
import { beat, clip, heading, paint, print, say } from "../print/screen.ts";
import { type ChatAnswer, answered } from "../shopper.ts";

const QUESTIONS = [
  "Hello! I am packing for my first weekend in the hills.",
  "How long does shipping take to a village up there?",
  "Can I return the boots after I have worn them at home for an evening?",
  "And is there a discount if I take two tents, for me and for my sister?",
  "Until which step can I change an order? I may want a third tent.",
] as const;

/** Blocks for the first turn; the others are drawn to its scale. */
const FIRST = 8;
const LONGEST = 40;

/** @returns The thread, to be gone on with. */
export async function chat({ alice }: Play): Promise<string> {
  heading("1. Alice chats. Every turn sends the whole conversation again");
  const turns: ChatAnswer[] = [];
  let thread: string | undefined;
  for (const question of QUESTIONS) {
    const turn = answered(await alice.say(question, thread));
    turns.push(turn);
    thread = turn.thread;
    const blocks = (Number(turn.cost) / Number(turns[0]?.cost)) * FIRST;
    const sent = `${turn.usage.promptTokens} tokens sent`.padStart(15);
    print(`  ${paint("bold", "Alice")}  ${question}`);
    print(`  Shop   ${paint("dim", clip(turn.text, 69))}`);
    print(`  ${sent}  ${`$${turn.cost}`.padEnd(10)} ${paint("cyan", bar(blocks, LONGEST))}`);
    await beat(200);
  }
  const [first, last] = [turns[0], turns.at(-1)];
  if (!first || !last) throw new Error("Nothing was said.");
  const times = (Number(last.cost) / Number(first.cost)).toFixed(1);
  const { spent, limit } = await alice.budget();
  print();
  say(
    `Turn ${turns.length} cost ${times} times as much as turn 1. So far: $${spent} of $${limit}.`,
  );
  await beat(400);
  return last.thread;
}
