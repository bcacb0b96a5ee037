import type { MovedWindow } from "../acts.ts";
import { ofSubject } from "../entries.ts";
import { type Counter, pour, spentIn } from "./counters.ts";
import { isIn } from "./families.ts";
import { counterFor } from "./seeding.ts";
import type { MemoryState } from "./state.ts";

/** Two users who are to be one; `version` is that of the settings that say so. */
interface Merge {
  readonly subject: string;
  readonly into: string;
  readonly version: number;
}

/** Makes one user of two. */
export function mergeUsers(state: MemoryState, { subject, into, version }: Merge): MovedWindow[] {
  const { clock, families, holds, settings, threads } = state;
  const now = clock();
  const begun = [...begin(state, [subject, into], now), ...begin(state, [into, subject], now)];
  // Neither begins for what the other one was just given.
  for (const counter of begun) families.begin(counter);

  const moved = families
    .of({ scope: "user", subject })
    .filter(({ at }) => at.end > now)
    .map((counter) => move(state, counter, { into, now }));

  for (const hold of holds.open())
    if (hold.facts.user === subject) hold.facts = { ...hold.facts, user: into };
  for (const alias of [subject, ...settings.aliasesOf(subject)])
    settings.set({ scope: "user", subject: alias, version, alias: into });
  threads.move(subject, into);
  return moved;
}

/** The windows that one of two has in force and the other one has not: what they are for that one. */
function begin(
  state: MemoryState,
  [has, lacks]: readonly [string, string],
  now: number,
): readonly Counter[] {
  return state.families.of({ scope: "user", subject: has }).flatMap(({ at }) => {
    if (!isIn(at, now)) return [];
    const counter = counterFor(state, ofSubject(at, lacks), now);
    return counter && !counter.begun ? counter : [];
  });
}

function move(
  state: MemoryState,
  counter: Counter,
  { into, now }: { readonly into: string; readonly now: number },
): MovedWindow {
  const { families } = state;
  const moment = Math.max(now, counter.at.start);
  const target = counterFor(state, ofSubject(counter.at, into), moment);
  if (!target) throw new RangeError(`${counter.at.family} has no window at ${moment}`);
  families.begin(target);
  families.drop(counter);
  const { held, credit } = counter;
  const spent = spentIn(counter, now);
  pour(counter, target);
  return { family: target.at.family, start: target.at.start, spent, held, credit };
}
