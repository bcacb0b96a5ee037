/** The OpenAI client: the app's own, or one made at the first call that needs it. */
import type { OpenAI } from "openai";
import { BudgetError } from "../errors.ts";
import { invalidOptions } from "../invalid-options.ts";
import type { BudgetOptions } from "../options.ts";

/** What the host's environment says; core does not read it by itself. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** The client that calls go out with. */
export interface OwnClient {
  /** Asked for at the first call, so that an app starts without a key. */
  readonly get: () => Promise<OpenAI>;
  /** Loads the SDK, so that `now` has it. Never rejects: a call says what is wrong. */
  readonly load: () => Promise<void>;
  /** For what can't wait. @throws BudgetError `invalid_options` while the SDK is still being loaded */
  readonly now: () => OpenAI;
}

export function clientFrom(
  options: Pick<BudgetOptions, "client" | "apiKey" | "baseURL">,
  env: Environment,
): OwnClient {
  let made = options.client;
  let loading: Promise<typeof OpenAI> | undefined;
  let loaded: typeof OpenAI | undefined;

  async function sdk(): Promise<typeof OpenAI> {
    loading ??= import("openai").then((sdks) => sdks.OpenAI);
    return (loaded = await loading);
  }

  return {
    get: async () => made ?? (made = make(await sdk(), options, env)),
    load: async () => {
      if (!made) await sdk().catch(() => undefined);
    },
    now: () => {
      requireKey(options, env);
      if (made) return made;
      if (loaded) return (made = make(loaded, options, env));
      throw invalidOptions(
        "client: the package `openai` is still being loaded, or is not installed. `await budget.ready()` once before, or give the option `client` an instance of OpenAI.",
      );
    },
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

function make(
  sdk: typeof OpenAI,
  options: Pick<BudgetOptions, "apiKey" | "baseURL">,
  env: Environment,
): OpenAI {
  const apiKey = options.apiKey ?? env["OPENAI_API_KEY"];
  const baseURL = options.baseURL ?? env["OPENAI_BASE_URL"];
  return new sdk({
    maxRetries: 0,
    // What goes wrong is told in our own errors; the SDK would print pieces of answers.
    ...(env["OPENAI_LOG"] === undefined ? { logLevel: "off" } : {}),
    ...(apiKey === undefined ? {} : { apiKey }),
    ...(baseURL === undefined ? {} : { baseURL }),
  });
}
