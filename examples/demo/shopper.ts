/** A person at a browser: real requests over HTTP, with the cookie that they were given. */

export interface ChatAnswer {
  readonly id: string;
  readonly thread: string;
  readonly text: string;
  readonly status: string;
  /** Dollars, a decimal string. */
  readonly cost: string;
  readonly usage: { readonly promptTokens: number; readonly completionTokens: number };
  readonly steps: readonly {
    readonly id: string;
    readonly toolCalls: readonly string[];
    readonly cost: { readonly usd: string };
  }[];
}

/** A window of the budget as it goes over the wire; `docs/errors.md` has the whole of it. */
export interface WireBalance {
  readonly scope: string;
  readonly limit: string;
  readonly spent: string;
  readonly held: string;
  readonly remaining: string;
  readonly resets_at: string | null;
}

export interface Problem {
  readonly code: string;
  readonly detail: string;
  readonly refused_by?: readonly (WireBalance & { readonly needed: string })[];
}

/** An answer to a request, whatever its status. */
export interface Reply {
  readonly status: number;
  readonly statusText: string;
  readonly headers: Headers;
  readonly body: unknown;
}

export interface Shopper {
  readonly name: string;
  say(message: string, thread?: string): Promise<Reply>;
  /** The person's budget for today. */
  budget(): Promise<WireBalance>;
}

/** Signs somebody in. */
export async function signInAs(origin: string, user: string): Promise<Shopper> {
  const json = { "Content-Type": "application/json", Accept: "application/json" };
  const signedIn = await fetch(`${origin}/session`, {
    method: "POST",
    headers: json,
    body: JSON.stringify({ user }),
  });
  if (!signedIn.ok) throw new Error(`Signing in as ${user} failed: ${signedIn.status}`);
  const Cookie = signedIn.headers
    .getSetCookie()
    .map((cookie) => cookie.split(";", 1)[0])
    .join("; ");

  async function ask(path: string, init: RequestInit = {}): Promise<Reply> {
    const response = await fetch(origin + path, { ...init, headers: { ...json, Cookie } });
    const { status, statusText, headers } = response;
    return { status, statusText, headers, body: await response.json() };
  }

  return {
    name: user,
    say: (message, thread) =>
      ask("/chat", { method: "POST", body: JSON.stringify({ message, thread }) }),
    budget: async () => {
      const { body } = await ask("/me/budget");
      const { balances } = body as { readonly balances: readonly WireBalance[] };
      const today = balances.find(({ scope }) => scope === "user");
      if (!today) throw new Error("The app has no limit for a user.");
      return today;
    },
  };
}

/** The answer, where there has to be one. */
export function answered({ status, body }: Reply): ChatAnswer {
  if (status === 200) return body as ChatAnswer;
  throw new Error(`Expected an answer, got ${status}: ${(body as Problem).detail}`);
}
