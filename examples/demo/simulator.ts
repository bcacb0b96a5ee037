/** A provider that needs no key, for trying the examples: `npx -y pnpm@12 simulator`. */
import { createSimulator, shopAssistant } from "@assistants-budget/simulator";

const simulator = await createSimulator({
  script: shopAssistant(),
  port: Number(process.env["PORT"] ?? 4010),
});
console.log(`A simulated provider listens. In the shell of your app:

  export OPENAI_BASE_URL=${simulator.url} OPENAI_API_KEY=simulated

Ctrl-C ends it.`);
