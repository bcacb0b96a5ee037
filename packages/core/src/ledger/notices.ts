/** What a store tells of windows that fill up. */
import type { WindowAt, WindowState } from "./store.ts";

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

/** A window in force, and the cap that was last claimed of it. */
export interface CappedWindow extends WindowState {
  readonly cap: number;
}

export interface FullestQuery {
  /** Only subjects of this scope. */
  readonly scope?: string;
  readonly limit: number;
}
