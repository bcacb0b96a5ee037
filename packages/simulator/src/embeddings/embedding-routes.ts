import { ApiError, badRequest } from "../errors.ts";
import { json, type RouteTable } from "../http/routing.ts";
import { newId } from "../ids.ts";
import type { InvoiceBook } from "../invoice.ts";
import { isList, show, type Json } from "../json.ts";
import type { ModelCatalog } from "../model/model-catalog.ts";
import { countTokens } from "../model/tokens.ts";
import { bodyObject } from "../responses/response-routes.ts";

const DIMENSIONS = 8;

/** `POST /v1/embeddings`: a short vector for each text, and a bill for what was sent. */
export function embeddingRoutes(models: ModelCatalog, invoice: InvoiceBook): RouteTable {
  return {
    "POST /v1/embeddings": ({ body }) => {
      const { model, input, dimensions, encoding_format: format } = bodyObject(body);
      const entry = typeof model === "string" ? models.find(model) : undefined;
      if (entry === undefined || typeof model !== "string") {
        const message = "The model does not exist or you do not have access to it.";
        throw new ApiError({ status: 404, message, param: "model", code: "model_not_found" });
      }
      const texts = textsIn(input);
      const sent = texts.reduce<number>((sum, text) => sum + tokensOf(text), 0);
      const size = typeof dimensions === "number" ? dimensions : DIMENSIONS;
      // OpenAI gives an embedding no id; a bill needs one.
      const names = { responseId: newId("embd"), model: entry.answersAs, requestedModel: model };
      const usage = { input: sent, output: 0, cached: 0, cacheWrite: 0 };
      invoice.bill(
        { ...names, status: "completed", metadata: {} },
        {
          price: entry.price,
          tier: "default",
          usage: { ...usage, cacheWrite12h: 0, reasoning: 0 },
        },
      );
      return json({
        object: "list",
        data: texts.map((text, index) => ({
          object: "embedding",
          index,
          embedding: written(vectorOf(text, size), format),
        })),
        model: entry.answersAs,
        usage: { prompt_tokens: sent, total_tokens: sent },
      });
    },
  };
}

/** One text, several, or the same as tokens. */
function textsIn(input: Json | undefined): readonly Json[] {
  if (typeof input === "string" && input !== "") return [input];
  if (!isList(input) || input.length === 0)
    throw badRequest("'$.input' is invalid. Please check the API reference.", "input");
  return typeof input[0] === "number" ? [input] : input;
}

function tokensOf(text: Json): number {
  return isList(text) ? text.length : countTokens(show(text));
}

function vectorOf(text: Json, size: number): Float32Array {
  let hash = 7;
  for (const code of JSON.stringify(text))
    hash = (Math.imul(hash, 31) + (code.codePointAt(0) ?? 0)) | 0;
  return Float32Array.from({ length: size }, (_, index) => Math.fround(Math.sin(hash + index)));
}

function written(vector: Float32Array, format: Json | undefined): Json {
  return format === "base64" ? Buffer.from(vector.buffer).toString("base64") : [...vector];
}
