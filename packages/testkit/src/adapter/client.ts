/** What a test sends to an app. */
import assert from "node:assert/strict";
import { textAt } from "./json.ts";
import { SESSION_HEADER } from "./sign-in.ts";

export interface Sent {
  /** Whose session it comes with; null for none. Default `alice`. */
  readonly user?: string | null;
  /** Sent as JSON; a string as it is. Default `{}`. */
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
}

export interface Client {
  readonly url: string;
  readonly post: (path: string, sent?: Sent) => Promise<Response>;
  /** Any other method, without a body. */
  readonly ask: (method: string, path: string, sent?: Sent) => Promise<Response>;
}

export function clientOf(url: string): Client {
  const send = (path: string, sent: Sent, init: RequestInit): Promise<Response> =>
    fetch(url + path, {
      headers: headersOf(sent),
      redirect: "manual",
      ...(sent.signal ? { signal: sent.signal } : {}),
      ...init,
    });
  return {
    url,
    ask: (method, path, sent = {}) => send(path, sent, { method }),
    post: (path, { body = {}, headers, ...sent } = {}) =>
      send(
        path,
        { ...sent, headers: { "content-type": "application/json", ...headers } },
        { method: "POST", body: typeof body === "string" ? body : JSON.stringify(body) },
      ),
  };
}

/** With the session of whoever sends it. */
export function headersOf({ user = "alice", headers = {} }: Sent): Record<string, string> {
  return user === null ? { ...headers } : { [SESSION_HEADER]: `session of ${user}`, ...headers };
}

/** An answer of `/chat`. */
export interface Chatted {
  readonly reply: string;
  readonly thread: string;
  readonly run: string;
  readonly cost: string;
}

export async function chatted(response: Response): Promise<Chatted> {
  const text = await response.text();
  assert.equal(response.status, 200, text.slice(0, 300));
  const body: unknown = JSON.parse(text);
  return {
    reply: textAt(body, "reply"),
    thread: textAt(body, "thread"),
    run: textAt(body, "run"),
    cost: textAt(body, "cost"),
  };
}

/** What was answered to many requests, each status once. */
export function statuses(responses: readonly Response[]): readonly number[] {
  return [...new Set(responses.map(({ status }) => status))].toSorted((a, b) => a - b);
}
