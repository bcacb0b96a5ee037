/** The least that any of the app's assistants would ask the ledger for: what a guard goes by. */
import type { Demand, LimitLayers, Subjects } from "../ledger/index.ts";
import { type Policy, ceilingRates, claimAmount } from "../rules/index.ts";
import type { AssistantDefinition } from "./assistant.ts";
import { planOf } from "./plan.ts";
import { sizeOf } from "./prompt.ts";
import { outputRange } from "./run-caps.ts";
import type { RunnerHost } from "./session.ts";
import { userItem } from "./user-input.ts";

interface Asker {
  readonly user: string;
  readonly subjects: Subjects;
  readonly policy: Policy;
  readonly limits: LimitLayers;
  readonly assistants: ReadonlyMap<string, AssistantDefinition>;
}

const NOBODYS = "none";

/** The first step of a new thread with the shortest message, on the assistant for which that is cheapest. */
export async function smallestDemand(
  host: RunnerHost,
  who: Asker,
): Promise<Omit<Demand, "waitMs">> {
  const steps = await Promise.all(
    [...who.assistants].map(([name, assistant]) => firstStep(host, who, { name, assistant })),
  );
  const cheapest = steps.toSorted((a, b) => a.nano - b.nano)[0];
  if (!cheapest) throw new RangeError("there is no assistant");
  return cheapest.demand;
}

async function firstStep(
  host: RunnerHost,
  { user, subjects, policy, limits }: Asker,
  { name, assistant }: { readonly name: string; readonly assistant: AssistantDefinition },
) {
  const { prices, stored, regional, timeZone } = host;
  const now = await host.ledger.now();
  const plan = await planOf({ run: NOBODYS, assistant, policy, call: {}, prices, now, stored });
  const { fingerprint: _, ...shown } = plan.frame;
  const unknown = { mark: undefined, first: 0, reasoningTokens: 0 };
  const { bound: promptTokens } = sizeOf({ ...shown, input: [userItem("?")] }, unknown);
  const output = outputRange({ plan, steps: [], host });
  const rates = ceilingRates(plan.price, { tier: plan.tier, promptTokens, regional });
  const ceiling = { fixed: promptTokens * rates.prompt, perOutput: rates.completion };
  return {
    nano: claimAmount(ceiling, output.min),
    demand: {
      limits,
      subjects: { ...subjects, thread: NOBODYS, run: NOBODYS },
      timeZone,
      ceiling: { promptTokens, rates },
      output,
      countRun: true,
      facts: {
        user,
        thread: NOBODYS,
        run: NOBODYS,
        step: NOBODYS,
        assistant: name,
        model: plan.price.model,
        tier: plan.tier,
        priceVersion: prices.version,
        promptTokens,
      },
    },
  };
}
