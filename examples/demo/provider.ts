/** Who answers: the simulator, which costs nothing, or OpenAI where a key is set. */
import { type Invoice, createSimulator } from "@assistants-budget/simulator";
import { shopModel } from "./shop-model.ts";

export interface Provider {
  /** For the screen. */
  readonly name: string;
  readonly isReal: boolean;
  readonly apiKey: string;
  /** Absent for OpenAI itself. */
  readonly baseURL?: string;
  /** The provider's own bill, where it can be asked for at once. */
  invoice?(): Invoice;
  close(): Promise<void>;
}

export async function openProvider(env: NodeJS.ProcessEnv): Promise<Provider> {
  const { OPENAI_API_KEY: apiKey, OPENAI_BASE_URL: baseURL } = env;
  if (apiKey) {
    return {
      name: baseURL ? new URL(baseURL).host : "OpenAI",
      isReal: true,
      apiKey,
      ...(baseURL ? { baseURL } : {}),
      close: async () => undefined,
    };
  }
  return openSimulator();
}

/** A simulator that thinks for a moment and writes at a pace that can be followed. */
export async function openSimulator(): Promise<Provider & { invoice(): Invoice }> {
  const simulator = await createSimulator({
    script: shopModel(),
    latencyMs: 120,
    chunkDelayMs: 5,
    chunkSize: 24,
  });
  return {
    name: "the simulator, so nothing is charged",
    isReal: false,
    apiKey: "simulated",
    baseURL: simulator.url,
    invoice: () => simulator.invoice(),
    close: () => simulator.close(),
  };
}
