import { ofSubject, renamedLine } from "@assistants-budget/core/store";
import type { State } from "../state.ts";
import type { Counter } from "../windows/counter.ts";
import type { UserThreads } from "./user-threads.ts";

/** Who is to be forgotten. */
interface Forgotten {
  readonly user: string;
  readonly pseudonym: string;
}

/** Deletes what is a user's own, and puts a pseudonym wherever else one of the user's names stands. */
export function forgetUser(
  state: State,
  threads: UserThreads,
  { user, pseudonym }: Forgotten,
): void {
  const { counters, lines, notices, origins, seeds, settings } = state;
  const names = new Set([user, ...settings.aliasesOf(user)]);
  lines.renameActs([...names], pseudonym, (line, whose) =>
    renamedLine(line, { names, whose, pseudonym }),
  );
  for (const subject of names) {
    origins.rename(subject, pseudonym);
    seeds.rename(subject, pseudonym);
    for (const counter of counters.of({ scope: "user", subject }))
      rename(state, counter, pseudonym);
    threads.forget(subject);
    settings.delete({ scope: "user", subject });
    notices.forget(subject);
  }
  // Windows in memory still have the name.
  state.flush();
  state.clear();
}

/** Under a pseudonym that was given before, sums come together: no two windows of a family overlap. */
function rename({ counters, now }: State, counter: Counter, pseudonym: string): void {
  const at = ofSubject(counter.at, pseudonym);
  const moment = now();
  const others = counters
    .ofFamily(at.family)
    .filter((one) => one !== counter && one.at.start < at.end && at.start < one.at.end);
  const isInForce = ({ at: { start, end } }: Counter): boolean => start <= moment && moment < end;
  const other = others.find(isInForce) ?? others[0];
  if (other) counters.pour(counter, other);
  else counters.rename(counter, at);
}
