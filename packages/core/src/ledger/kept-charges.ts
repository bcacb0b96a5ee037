/** Where charges wait that the store could not take, if they must outlive the process. */

/** A small durable map. `chargesFile({ path })` of store-sqlite is one; by default charges wait in memory. */
export interface KeptCharges {
  /** For messages. */
  readonly name: string;
  /** Answers once it can't be lost any more; the same key replaces. */
  put(key: string, value: string): Promise<void>;
  delete(key: string): Promise<void>;
  all(): Promise<readonly { readonly key: string; readonly value: string }[]>;
  close(): Promise<void>;
}
