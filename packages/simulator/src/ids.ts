import { randomUUID } from "node:crypto";

/** Ids are unique across simulators, so two of them can serve one ledger. */
export function newId(prefix: string): string {
  return `${prefix}_${randomUUID().replaceAll("-", "")}`;
}

export function nowInSeconds(): number {
  return Math.floor(Date.now() / 1000);
}
