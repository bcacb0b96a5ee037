/** How each refusal is brought about over HTTP. */
import { type Store, memory } from "@assistants-budget/core/store";
import type { Fault } from "@assistants-budget/simulator";
import { chatted } from "./client.ts";
import type { Expected } from "./refusal.ts";
import type { Scene, Setup } from "./scene.ts";

interface Provoked {
  readonly when: string;
  readonly expected: Expected;
  readonly setup?: () => Setup;
  readonly provoke: (scene: Scene) => Promise<Response>;
}

const DAY_SECONDS = 86_400;

const chat = ({ post }: Scene): Promise<Response> => post("/chat");

const twice = async ({ post }: Scene): Promise<Response> => {
  await chatted(await post("/chat"));
  return post("/chat", { user: "bob" });
};

const failing = (fault: Fault) => (): Setup => ({ simulator: { faults: [fault] } });

async function fail(): Promise<never> {
  throw new Error("no route to 10.0.0.7, secret 1234");
}

/** A store whose server has gone away. */
function brokenStore(): Store {
  return { ...memory(), now: fail, openThread: fail, reserve: fail };
}

export const PROVOKED: readonly Provoked[] = [
  {
    when: "the user's limit is spent",
    expected: { code: "budget_exceeded", status: 402, retryAfter: DAY_SECONDS },
    setup: () => ({ options: { limits: { user: "1 run/day" } } }),
    provoke: async ({ post }) => {
      await chatted(await post("/chat"));
      return post("/chat");
    },
  },
  {
    when: "not even an untouched limit could carry it",
    expected: { code: "run_exceeds_budget", status: 402 },
    setup: () => ({ options: { limits: { run: "$0.0000001" } } }),
    provoke: chat,
  },
  {
    when: "what all users share is spent",
    expected: { code: "app_budget_exhausted", status: 503, retryAfter: DAY_SECONDS },
    setup: () => ({ options: { limits: { app: "1 run/day" } } }),
    provoke: twice,
  },
  {
    when: "nobody is signed in",
    expected: { code: "identity_required", status: 401 },
    provoke: ({ post }) => post("/chat", { user: null }),
  },
  {
    when: "an operator froze the user",
    expected: { code: "subject_frozen", status: 403 },
    provoke: async ({ store, post }) => {
      const said = { id: "act_1", by: "operator", why: "abuse" };
      await store.act({ ...said, kind: "freeze", scope: "user", subject: "alice" });
      return post("/chat");
    },
  },
  {
    when: "there is no message",
    expected: { code: "invalid_input", status: 400 },
    provoke: ({ post }) => post("/chat", { body: { message: "" } }),
  },
  {
    when: "the message claims to be the system's",
    expected: { code: "invalid_input", status: 400 },
    provoke: ({ post }) => post("/chat", { body: { message: [{ role: "system", content: "x" }] } }),
  },
  {
    when: "the message is longer than what may be sent",
    expected: { code: "input_too_large", status: 413 },
    setup: () => ({
      options: { assistants: { support: { model: "gpt-4o-mini", maxContextTokens: 1_000 } } },
    }),
    provoke: ({ post }) => post("/chat", { body: { message: "word ".repeat(2_000) } }),
  },
  {
    when: "there is no such thread",
    expected: { code: "thread_not_found", status: 404 },
    provoke: ({ post }) => post("/chat", { body: { thread: "thread_of_nobody" } }),
  },
  {
    when: "the thread is somebody else's",
    expected: { code: "thread_not_found", status: 404 },
    provoke: async ({ post }) => {
      const { thread } = await chatted(await post("/chat"));
      return post("/chat", { user: "bob", body: { thread } });
    },
  },
  {
    when: "there is no such run",
    expected: { code: "run_not_found", status: 404 },
    provoke: ({ post }) => post("/run", { body: { run: "run_of_nobody" } }),
  },
  {
    when: "the provider's account is out of money",
    expected: { code: "provider_quota_exhausted", status: 503 },
    setup: failing({ kind: "insufficient_quota" }),
    provoke: chat,
  },
  {
    when: "the provider asks for a pause",
    expected: { code: "provider_rate_limited", status: 503, retryAfter: 7 },
    setup: failing({ kind: "rate_limit", retryAfter: 7 }),
    provoke: chat,
  },
  {
    when: "no connection comes about",
    expected: { code: "provider_unreachable", status: 502, retryAfter: "either" },
    setup: failing({ kind: "refuse_connection" }),
    provoke: chat,
  },
  {
    when: "the provider falls silent",
    expected: { code: "provider_timeout", status: 504, retryAfter: "either" },
    setup: () => ({
      options: { idleTimeout: "100ms" },
      simulator: {
        faults: [
          { kind: "silence", afterEvents: 1 },
          { kind: "retrieve_error", times: Infinity },
        ],
      },
    }),
    provoke: chat,
  },
  {
    when: "the provider refuses the app's key",
    expected: { code: "provider_refused", status: 502 },
    setup: () => ({ simulator: { apiKey: "sk-other" } }),
    provoke: chat,
  },
  {
    when: "the store can't be reached",
    expected: { code: "store_unavailable", status: 503, retryAfter: "either" },
    setup: () => ({ options: { store: brokenStore() } }),
    provoke: chat,
  },
  {
    when: "the app has no such assistant",
    expected: { code: "assistant_unknown", status: 500 },
    provoke: ({ post }) => post("/chat", { body: { assistant: "nobody" } }),
  },
];
