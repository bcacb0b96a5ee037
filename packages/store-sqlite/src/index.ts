export { DEFAULT_PATH, sqlite } from "./sqlite.ts";
export type { SqliteOptions } from "./sqlite.ts";
