/** What the provider adds to a request by itself: earlier answers that it keeps. */
import { LRUCache } from "lru-cache";
import { type Answered, type Backend, textField } from "../assistants/index.ts";
import { type PriceTable, readUsage } from "../rules/index.ts";
import { isFields } from "./request-fields.ts";

/** What answers of this process have used, by their ids. */
export interface KnownAnswers {
  learn(answer: Answered): void;
  /** All the tokens of a response: no more than that is sent again where another one of its model follows it. */
  totalOf(responseId: string): Total | undefined;
  /** A bound of what reasoning items count for where they are sent back. */
  reasoningOf(items: readonly (string | undefined)[], most: number): number;
}

interface Total {
  readonly tokens: number;
  /** The model that counted them; empty where the server does not say. */
  readonly model: string;
}

const MOST_KNOWN = 10_000;

export function knownAnswers(): KnownAnswers {
  const totals = new LRUCache<string, Total>({ max: MOST_KNOWN });
  const reasoning = new LRUCache<string, { readonly of: string; readonly tokens: number }>({
    max: MOST_KNOWN,
  });
  return {
    learn: (answer) => {
      const reading = readUsage(answer.usage);
      if (!reading || answer.responseId === undefined) return;
      totals.set(answer.responseId, { tokens: reading.usage.totalTokens, model: answer.model });
      for (const item of answer.output) {
        const id = item.type === "reasoning" ? textField(item, "id") : "";
        if (id !== "")
          reasoning.set(id, { of: answer.responseId, tokens: reading.usage.reasoningTokens });
      }
    },
    totalOf: (responseId) => totals.get(responseId),
    reasoningOf: (items, most) => {
      const counted = new Set<string>();
      let sum = 0;
      for (const id of items) {
        const known = id === undefined ? undefined : reasoning.get(id);
        // Of an answer that nobody here has seen: no model reasons longer than it may answer.
        if (!known) sum += most;
        else if (!counted.has(known.of)) {
          counted.add(known.of);
          sum += known.tokens;
        }
      }
      return sum;
    },
  };
}

/** All the tokens of an earlier response, from this process or from the provider. */
export async function previousTotal(
  responseId: string,
  known: KnownAnswers,
  backend: Backend,
): Promise<Total | undefined> {
  const total = known.totalOf(responseId);
  if (total) return total;
  const found = await backend.find(responseId);
  if (found.kind !== "answered") return undefined;
  known.learn(found);
  const tokens = readUsage(found.usage)?.usage.totalTokens;
  return tokens === undefined ? undefined : { tokens, model: found.model };
}

/** Whether two names are of one model, which counts a text alike; a server that gives none gives the one asked for. */
export function isSameModel(answered: string, asked: string, prices: PriceTable): boolean {
  if (answered === "" || answered === asked) return true;
  const model = prices.find(answered)?.model;
  return model !== undefined && model === prices.find(asked)?.model;
}

/** What the provider says that a request would send. */
export async function countedByProvider(answer: Promise<Response>): Promise<number | undefined> {
  try {
    const response = await answer;
    const body: unknown = await response.json();
    const tokens = response.ok && isFields(body) ? body["input_tokens"] : undefined;
    return typeof tokens === "number" && Number.isSafeInteger(tokens) && tokens >= 0
      ? tokens
      : undefined;
  } catch {
    return undefined;
  }
}
