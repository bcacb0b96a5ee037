/** Lines are numbered under each tag: their ids name both. */
import type { ActReply, LedgerLine, SettleReply } from "@assistants-budget/core/store";
import type { Tag } from "./tag.ts";

const AT = "@";

/** `17@acme`; of the main `17`. */
export function named<L extends LedgerLine>(line: L, tag: Tag, main: Tag): L {
  return tag === main ? line : { ...line, id: `${line.id}${AT}${tag.name}` };
}

/** The number and the tag of a line; no tag for the main. */
export function readLineId(id: string): { readonly line: string; readonly tag?: string } {
  const at = id.indexOf(AT);
  return at < 0 ? { line: id } : { line: id.slice(0, at), tag: id.slice(at + 1) };
}

/** The answer with the line's whole id. */
export function withLine<R extends SettleReply | ActReply>(reply: R, tag: Tag, main: Tag): R {
  return "line" in reply && reply.line ? { ...reply, line: named(reply.line, tag, main) } : reply;
}
