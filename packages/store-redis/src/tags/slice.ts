/** Slices by their names: a slice is a window under a tag, of one window of the main and one limit of it. */
import {
  type WindowAt,
  type WindowClaim,
  type WindowState,
  windowOf,
} from "@assistants-budget/core/store";
import { part } from "../keys.ts";

const SCOPE = "slice";

/** What is known here of a slice: the tag's own window decides. */
export interface Slice {
  readonly window: WindowAt;
  /** What all others have of the window, and what operators have added to it, as the main last told. */
  elsewhere: Pick<WindowState, "spent" | "held" | "credit">;
  /** What was free when it was last heard of; nothing where that is not known. */
  room: number | undefined;
  /** What is being asked of it now. */
  asked: number;
}

/** A claim as far as it tells its slice. */
export type Limited = Pick<WindowClaim, "family" | "limit" | "cap">;

/** Whether a route or a call has lowered the limit: then the main is asked each time. */
export function isNarrow({ limit, cap }: Limited): boolean {
  return limit !== null && cap !== null && limit < cap;
}

/** The limit that a slice is leased under: that of most who spend there. */
export function sliceLimit(claim: Limited): number | null {
  return isNarrow(claim) ? claim.cap : claim.limit;
}

/** Under which a process knows a slice, whatever window is in force. */
export function sliceKey(claim: Limited): string {
  return `${sliceLimit(claim) ?? "none"}/${claim.family}`;
}

/** A slice's own window. It ends with the one that it is of, and what is left in it with it. */
export function sliceWindow(whole: WindowAt, limit: number | string | null): WindowAt {
  const { unit, period, start } = whole;
  const subject = `${limit ?? "none"}/${start}/${whole.family}`;
  const family = `${SCOPE}|${unit}|${period}|${subject}`;
  return { ...windowOf(whole), scope: SCOPE, subject, family };
}

/** The window that a slice is of; nothing for any other window. */
export function wholeOf<W extends WindowAt>(
  window: W,
): (W & { readonly limit: string }) | undefined {
  if (window.scope !== SCOPE) return undefined;
  const [limit = "", , ...names] = window.subject.split("/");
  const family = names.join("/");
  const [scope = "", , , ...subject] = family.split("|");
  return { ...window, limit, family, scope, subject: subject.join("|") };
}

/** What is free in a slice as it stands. */
export function roomIn({
  credit,
  spent,
  held,
}: Pick<WindowState, "credit" | "spent" | "held">): number {
  return credit - spent - held;
}

/** By what the main knows a tag's part in a window: a tag that has lost its data is another one. */
export function accountOf(tag: string, set: string, limit: number | string | null): string {
  return [part(tag), set, String(limit ?? "none")].join("\u0001");
}

/** The account of what a tag had spent in a window before there were slices of it. */
export const BEFORE = "before";

/** In the place of a limit: no slice, but a sign that the tag has spent in a window before. */
export const HISTORY = "history";

export function readAccount(account: string): {
  readonly tag: string;
  readonly set: string;
  readonly limit: string;
} {
  const [tag = "", set = "", limit = ""] = account.split("\u0001");
  return { tag, set, limit };
}
