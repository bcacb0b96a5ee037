export type { PostgresClient } from "./client.ts";
export { postgres } from "./postgres.ts";
export type { PostgresOptions } from "./postgres.ts";
