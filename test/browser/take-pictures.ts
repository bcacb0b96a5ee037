/** Takes the README's pictures of the chat page anew: `node test/browser/take-pictures.ts`. */
import { join } from "node:path";
import { openChat, spendElsewhere } from "./chat.ts";
import { openBrowser } from "./chromium.ts";
import { openDemoSite } from "./demo-site.ts";

const FOLDER = join(import.meta.dirname, "../../docs/images");
const TALK = [
  "Hello! I am packing for my first weekend in the hills.",
  "How long does shipping take to a village up there?",
  "Can I return the boots after I have worn them at home?",
  "Where is my order B-2077?",
];

const browser = await openBrowser();
await using site = await openDemoSite("$0.02/day");
const chat = await openChat(browser, site.origin, {
  viewport: { width: 1000, height: 600 },
  timezoneId: "Europe/Berlin",
  reducedMotion: "reduce",
});
for (const message of TALK) await chat.say(message);
await chat.page.screenshot({ path: join(FOLDER, "chat-page.png") });
await spendElsewhere(site.origin);
await chat.say("And which gas cartridge fits the Fjell stove?");
await chat.page.screenshot({ path: join(FOLDER, "chat-page-402.png") });
await browser.close();
