/** `POST /embeddings`: nothing is generated, so what is sent is all that it costs. */
import { textField } from "../assistants/index.ts";
import { byteLength } from "../rules/index.ts";
import type { MeteredCall } from "./metered-call.ts";
import {
  type Check,
  type Fields,
  checkFields,
  counted,
  isFields,
  listIn,
} from "./request-fields.ts";

const ALLOWED: Readonly<Record<string, Check>> = {
  model: counted,
  input: counted,
  dimensions: counted,
  encoding_format: counted,
  user: counted,
};

/** @throws BudgetError `call_not_metered`, naming the field that can't be counted. */
export function embeddingsCall(body: Fields): MeteredCall {
  checkFields(body, ALLOWED, "");
  return {
    model: textField(body, "model"),
    tier: "default",
    // Tokens that are sent as numbers take at least a digit and a comma each.
    weight: {
      bytes: byteLength(JSON.stringify(body)),
      items: Math.max(1, listIn(body["input"]).length),
      tools: 0,
    },
    reasoning: [],
    cap: "none",
    stored: false,
    body: () => body,
    answered: (answer) => {
      if (!isFields(answer) || !Array.isArray(answer["data"])) return undefined;
      const usage = answer["usage"];
      const sent = isFields(usage) ? usage["prompt_tokens"] : undefined;
      return {
        kind: "answered",
        status: "completed",
        output: [],
        usage: { input_tokens: sent, output_tokens: 0 },
        model: textField(answer, "model"),
        tier: undefined,
      };
    },
    reader: () => ({ read: ({ bytes }) => ({ pass: bytes }), ended: () => undefined }),
  };
}
