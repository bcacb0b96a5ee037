/** `demo`: the whole story on one screen, then a chat page to try it by hand. `--once` leaves out the page. */
import { once } from "node:events";
import { parseArgs } from "node:util";
import { paint, print, say, heading, stopAtClosedPipe } from "./print/screen.ts";
import { chat } from "./scenes/chat.ts";
import { invoice } from "./scenes/invoice.ts";
import { otherUser } from "./scenes/other-user.ts";
import { refusal } from "./scenes/refusal.ts";
import { tool } from "./scenes/tool.ts";
import { twenty } from "./scenes/twenty.ts";
import { openStage } from "./stage.ts";
import { support } from "./support.ts";

const { values } = parseArgs({
  options: { once: { type: "boolean", default: false }, port: { type: "string", default: "0" } },
});
stopAtClosedPipe();

const stage = await openStage(Number(values.port));
const { origin, provider, daily, path, play } = stage;
print();
say("assistants-budget: a hard spend cap for AI assistants", "bold");
print();
say(`model   ${support.model} on ${provider.name}`);
say(`cap     ${daily} for each user`);
say(`ledger  ${path}`);
if (provider.isReal) say("This spends real money: at most the caps of two users.", "yellow");

try {
  const thread = await chat(play);
  await tool(play, thread);
  await twenty(play);
  await refusal(play, thread);
  await otherUser(play);
  await invoice(play);
  print();
  if (!values.once) {
    heading("Now you");
    say(`Open ${paint(["bold", "underline"], origin)} and chat as Bob, or as Alice, who can't.`);
    say("Ctrl-C ends it.", "dim");
    await Promise.race([once(process, "SIGINT"), once(process, "SIGTERM")]);
  }
} catch (error) {
  print();
  say(`The demo stopped: ${error instanceof Error ? error.message : String(error)}`, "red");
  process.exitCode = 1;
} finally {
  await stage.close();
}
