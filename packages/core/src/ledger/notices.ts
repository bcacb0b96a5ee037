/** What a store tells of windows that fill up. */
import type { WindowAt } from "./store.ts";

/**
 * A window has reached a part of its cap. Written in the operation that brought it there, once for
 * all processes, and kept until it was delivered.
 */
export interface Notice {
  /** The same for each delivery. */
  readonly id: string;
  readonly at: number;
  /** Thousandths of the limit. */
  readonly threshold: number;
  readonly window: WindowAt;
  /** Cap and credit, in whole units. */
  readonly limit: number;
  readonly spent: number;
}
