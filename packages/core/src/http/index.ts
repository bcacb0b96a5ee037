/** `@assistants-budget/core/http`: what an adapter needs. */
export { createHttpBudget } from "./http-budget.ts";
export { attach } from "./attach.ts";
export type { HttpBudget, HttpHost } from "./http-budget.ts";
export { EVENT_STREAM_HEADERS } from "./event-frames.ts";
export type { HttpOptions } from "./http-options.ts";
export type { HeadersOption } from "./budget-headers.ts";
export type { Identity } from "./identity.ts";
export type { Answer, LastEvent, ResponseSoFar } from "./refusal.ts";
