/** What the parts of the memory store's ledger share. */
import type { Families } from "./families.ts";
import type { Holds } from "./holds.ts";
import type { Lines } from "./lines.ts";
import type { Notices } from "./notices.ts";
import type { SubjectSettings } from "./settings.ts";
import type { UserThreads } from "./threads.ts";

export interface MemoryState {
  readonly clock: () => number;
  readonly families: Families;
  readonly holds: Holds;
  readonly lines: Lines;
  readonly settings: SubjectSettings;
  readonly notices: Notices;
  readonly threads: UserThreads;
}
