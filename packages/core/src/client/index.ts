export { budgetedClient } from "./budgeted-client.ts";
export type { ClientHost, Who } from "./client-host.ts";
export { clientFrom, requireKey } from "./own-client.ts";
export type { Environment } from "./own-client.ts";
export { knownAnswers } from "./server-history.ts";
