import type { Play } from "../play.ts";
/** The assistant calls a tool: one run, two steps, each held and charged by itself. */
import { heading, beat, print, say } from "../print/screen.ts";
import { printTable } from "../print/table.ts";
import { answered } from "../shopper.ts";

export async function tool({ alice, budget }: Play, thread: string): Promise<void> {
  heading("2. The assistant calls a tool. Each step sets money aside first");
  const question = "Where is my order A-1042?";
  const run = answered(await alice.say(question, thread));
  const lines = await budget.lines({ run: run.id });
  const rows = lines.map(({ facts, charge, ceiling }, index) => {
    const calls = run.steps.find(({ id }) => id === facts.step)?.toolCalls ?? [];
    const what = calls.length > 0 ? `calls ${calls.join(", ")}` : "answers";
    const held = `$${(ceiling / 1e9).toFixed(6)}`;
    return [String(index + 1), what, held, `$${(charge.nano / 1e9).toFixed(6)}`];
  });
  say(`Alice: ${question}`);
  say(`Shop:  ${run.text}`, "dim");
  print();
  printTable([["step", true], ["the model"], ["set aside", true], ["charged", true]], rows);
  await beat(500);
}
