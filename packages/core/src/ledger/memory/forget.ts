import { ofSubject } from "../entries.ts";
import { renamedLine } from "../renamed-line.ts";
import type { WindowAt } from "../store.ts";
import { type Counter, pour } from "./counters.ts";
import { isIn } from "./families.ts";
import type { MemoryState } from "./state.ts";

/** Deletes what is a user's own, and puts a pseudonym wherever else one of the user's names stands. */
export function forgetUser(state: MemoryState, user: string, pseudonym: string): void {
  const { clock, families, holds, lines, notices, settings, threads } = state;
  const names = new Set([user, ...settings.aliasesOf(user)]);
  const isNamed = (name: string | undefined): boolean => name !== undefined && names.has(name);
  const isOfUser = ({ scope, subject }: WindowAt): boolean => scope === "user" && isNamed(subject);

  lines.forget(names, pseudonym, (line, whose) => renamedLine(line, { names, whose, pseudonym }));
  for (const hold of holds.all())
    if (isNamed(hold.facts.user)) hold.facts = { ...hold.facts, user: pseudonym };
  for (const subject of names) {
    for (const counter of families.of({ scope: "user", subject }))
      rename(state, counter, { pseudonym, now: clock() });
    threads.forget(subject);
    settings.delete({ scope: "user", subject });
  }
  notices.forget(({ window }) => isOfUser(window));
}

/** Under a pseudonym that was given before, sums come together: no two windows of a family overlap. */
function rename(
  { families }: MemoryState,
  counter: Counter,
  { pseudonym, now }: { readonly pseudonym: string; readonly now: number },
): void {
  families.drop(counter);
  counter.at = ofSubject(counter.at, pseudonym);
  const { family, start, end } = counter.at;
  const others = families.windows(family).filter(({ at }) => at.start < end && start < at.end);
  const other = others.find(({ at }) => isIn(at, now)) ?? others[0];
  if (other) pour(counter, other);
  else families.begin(counter);
}
