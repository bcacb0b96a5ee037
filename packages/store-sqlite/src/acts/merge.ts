import { type MovedWindow, ofSubject } from "@assistants-budget/core/store";
import type { Found } from "../seeding/seeding.ts";
import type { State } from "../state.ts";
import { type Counter, spentIn } from "../windows/counter.ts";
import type { UserThreads } from "./user-threads.ts";

/** Two users who are to be one; `version` is that of the settings that say so. */
interface Merge {
  readonly subject: string;
  readonly into: string;
  readonly version: number;
}

/** Makes one user of two. */
export function mergeUsers(
  state: State,
  threads: UserThreads,
  { subject, into, version }: Merge,
): MovedWindow[] {
  const { counters, holds, origins, settings } = state;
  const now = state.now();
  const found = [...lacking(state, [subject, into], now), ...lacking(state, [into, subject], now)];
  // Neither begins for what the other one was just given.
  for (const one of found) begin(state, one, now);

  const moved = counters
    .of({ scope: "user", subject })
    .filter(({ at }) => at.end > now)
    .map((counter) => move(state, counter, { into, now }));
  holds.move(subject, (facts) => origins.idOf({ ...facts, user: into }));
  for (const alias of [subject, ...settings.aliasesOf(subject)])
    settings.put({ scope: "user", subject: alias, version, alias: into });
  threads.move(subject, into);
  // Holds in memory still have the windows that are gone.
  state.flush();
  state.clear();
  return moved;
}

/** The windows that one of two has in force and the other one has not: what they are for that one. */
function lacking(
  { counters, seeding }: State,
  [has, lacks]: readonly [string, string],
  now: number,
): readonly Found[] {
  return counters.of({ scope: "user", subject: has }).flatMap(({ at }) => {
    if (now < at.start || now >= at.end) return [];
    const one = seeding.find(ofSubject(at, lacks), now);
    return one?.counter.id === 0 ? one : [];
  });
}

function begin({ counters }: State, { counter, whenBegun }: Found, now: number): void {
  if (counter.id !== 0) return;
  counters.begin(counter, now);
  whenBegun?.();
}

function move(
  state: State,
  counter: Counter,
  { into, now }: { readonly into: string; readonly now: number },
): MovedWindow {
  const { counters, seeding } = state;
  const moment = Math.max(now, counter.at.start);
  const found = seeding.find(ofSubject(counter.at, into), moment);
  if (!found) throw new RangeError(`${counter.at.family} has no window at ${moment}`);
  begin(state, found, now);
  const { held, credit } = counter;
  const spent = spentIn(counter, now);
  counters.pour(counter, found.counter);
  const { family, start } = found.counter.at;
  return { family, start, spent, held, credit };
}
