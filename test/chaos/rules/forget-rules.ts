/** After the storm one user is forgotten, one with several names if there is one: all that stays is what it cost. */
import type { Budget, LedgerLine } from "@assistants-budget/core";
import type { Store, WindowAt } from "@assistants-budget/core/store";
import { linesAfter } from "../books.ts";
import { few } from "../broken-rule.ts";
import type { Aftermath } from "../ending.ts";

interface Found {
  readonly budget: Budget;
  readonly store: Store;
  readonly lines: readonly LedgerLine[];
}

export async function checkForgotten(
  { people, windows, threads, identities, tell }: Aftermath,
  { budget, store, lines }: Found,
): Promise<void> {
  const { userOf } = identities;
  const name = (people.find(({ user }) => userOf(user) !== user) ?? people[0])?.user ?? "none";
  const names = new Set(people.flatMap(({ user }) => (userOf(user) === userOf(name) ? user : [])));
  const isOwn = ({ scope, subject }: WindowAt) => scope === "user" && names.has(subject);
  const sums = async (of: readonly WindowAt[]) =>
    (await store.windows(of)).map(({ family, spent }) => `${family} ${spent}`);

  const all = windows.flatMap(({ at }) => (at.period === "day" ? at : []));
  const others = all.filter((at) => !isOwn(at));
  const before = await sums(others);
  const own = all.filter(({ subject }) => subject === userOf(name));
  const [spent] = await store.windows(own);
  const { act } = await budget.operator.forget(name, { by: "chaos", why: "it is asked for" });
  const pseudonym = act.kind === "forget" ? act.pseudonym : "none";
  const renamed = own.map((at) => ({
    ...at,
    subject: pseudonym,
    family: at.family.slice(0, -at.subject.length) + pseudonym,
  }));

  const wrong: string[] = [];
  const after = await sums(others);
  wrong.push(...after.filter((sum, i) => sum !== before[i]));
  for (const { family, spent: left } of await store.windows(all.filter(isOwn)))
    if (left !== 0) wrong.push(`${family} still says ${left}`);
  const [kept] = await store.windows(renamed);
  if (kept?.spent !== spent?.spent) wrong.push(`${spent?.spent} spent became ${kept?.spent}`);
  const written = await linesAfter(store, undefined);
  if (written.length !== lines.length + 1)
    wrong.push(`${lines.length} lines, ${written.length} now`);
  wrong.push(...written.filter((line) => namesOf(line).some((one) => names.has(one))).map(idOf));
  for (const { id, person } of threads)
    if (names.has(person.user) && (await store.items({ thread: id, user: person.user })))
      wrong.push(`${id} is still there`);
  if (wrong.length > 0) tell("forgotten", `of ${name}, now ${pseudonym}: ${few(wrong)}`);
}

/** Users that a line tells of. */
function namesOf(line: LedgerLine): readonly string[] {
  if (!("act" in line)) return [line.facts.user];
  const { act } = line;
  switch (act.kind) {
    case "credit":
      return act.window.scope === "user" ? [act.window.subject] : [];
    case "adjustment":
      return [];
    case "merge":
      return [act.subject, act.into, ...(line.moved ?? []).map(({ family }) => family)];
    case "limits":
    case "freeze":
    case "unfreeze":
    case "forget":
      return act.scope === "user" ? [act.subject] : [];
  }
}

function idOf({ id }: LedgerLine): string {
  return `line ${id} names it`;
}
