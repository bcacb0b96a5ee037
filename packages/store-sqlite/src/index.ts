export { chargesFile } from "./charges-file.ts";
export type { ChargesFileOptions } from "./charges-file.ts";
export { DEFAULT_PATH, sqlite } from "./sqlite.ts";
export type { SqliteOptions } from "./sqlite.ts";
