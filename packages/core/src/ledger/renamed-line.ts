/** What operators did to somebody who is forgotten, under a pseudonym. */
import type { Act, ActLine } from "./acts.ts";
import { ofSubject } from "./entries.ts";

/** The same line with a pseudonym in the place of names; `whose` is the name in its windows. */
export function renamedLine(
  line: ActLine,
  to: { readonly names: ReadonlySet<string>; readonly whose: string; readonly pseudonym: string },
): ActLine {
  const { pseudonym, whose } = to;
  const moved = line.moved?.map((window) => ({
    ...window,
    family: window.family.slice(0, window.family.length - whose.length) + pseudonym,
  }));
  return { ...line, act: renamedAct(line.act, to), ...(moved ? { moved } : {}) };
}

function renamedAct(
  act: Act,
  { names, pseudonym }: { readonly names: ReadonlySet<string>; readonly pseudonym: string },
): Act {
  const nameOf = (name: string): string => (names.has(name) ? pseudonym : name);
  switch (act.kind) {
    case "adjustment":
      return act;
    case "credit":
      return { ...act, window: ofSubject(act.window, nameOf(act.window.subject)) };
    case "merge":
      return { ...act, subject: nameOf(act.subject), into: nameOf(act.into) };
    case "limits":
    case "freeze":
    case "unfreeze":
    case "forget":
      return { ...act, subject: nameOf(act.subject) };
  }
}
