/** The OpenAI client: the app's own, or one made at the first call that needs it. */
import type { OpenAI } from "openai";
import { BudgetError } from "../errors.ts";
import type { BudgetOptions } from "../options.ts";

/** What the host's environment says; core does not read it by itself. */
export type Environment = Readonly<Record<string, string | undefined>>;

export function clientFrom(
  { client, apiKey, baseURL }: Pick<BudgetOptions, "client" | "apiKey" | "baseURL">,
  env: Environment,
): () => Promise<OpenAI> {
  let made: Promise<OpenAI> | undefined;
  return () => {
    if (client) return Promise.resolve(client);
    made ??= make(apiKey ?? env["OPENAI_API_KEY"], baseURL ?? env["OPENAI_BASE_URL"], env);
    return made;
  };
}

/** @throws BudgetError `api_key_missing`; also before a run begins, so that nothing is held for it. */
export function requireKey(
  { client, apiKey }: Pick<BudgetOptions, "client" | "apiKey">,
  env: Environment,
): void {
  const key = apiKey ?? env["OPENAI_API_KEY"];
  if (client) return;
  if (key && !/^[\u0021-\u007e]+$/.test(key)) {
    throw new BudgetError("api_key_missing", {
      message:
        "The OpenAI API key has characters that no key has: a space, a line break, a typographic quote. Look at OPENAI_API_KEY or `apiKey`.",
    });
  }
  if (key) return;
  throw new BudgetError("api_key_missing", {
    message:
      "There is no OpenAI API key. Set OPENAI_API_KEY in the environment, or give the option `apiKey` or `client`.",
  });
}

async function make(
  apiKey: string | undefined,
  baseURL: string | undefined,
  env: Environment,
): Promise<OpenAI> {
  const { OpenAI } = await import("openai");
  return new OpenAI({
    maxRetries: 0,
    // What goes wrong is told in our own errors; the SDK would print pieces of answers.
    ...(env["OPENAI_LOG"] === undefined ? { logLevel: "off" } : {}),
    ...(apiKey === undefined ? {} : { apiKey }),
    ...(baseURL === undefined ? {} : { baseURL }),
  });
}
