import type { Ask } from "./client.ts";
import type { GroupCommit } from "./commit/group-commit.ts";

/** What the store's methods stand on. */
export interface Host {
  readonly ask: Ask;
  readonly commit: GroupCommit;
  /** A test's time; null in production, where the server's counts. */
  readonly clock: () => number | null;
}
