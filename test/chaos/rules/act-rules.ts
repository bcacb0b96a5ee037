/** What operators said: each word stands in the ledger once, as it was answered, and holds. */
import type { ActLine, LedgerLine } from "@assistants-budget/core";
import type { Store } from "@assistants-budget/core/store";
import { few } from "../broken-rule.ts";
import type { Aftermath } from "../ending.ts";

export async function checkActs(
  { log, people, identities, tell }: Aftermath,
  { store, lines }: { readonly store: Store; readonly lines: readonly LedgerLine[] },
): Promise<void> {
  const acts = lines.flatMap((line): readonly ActLine[] =>
    "act" in line && !isOfPeriods(line) ? [line] : [],
  );
  const byAct = Map.groupBy(acts, ({ act }) => act.id);
  const odd = [...new Set([...byAct.keys(), ...log.said.keys()])].flatMap((id) => {
    const said = log.said.get(id);
    if (!said) return `${id} was never said`;
    const written = (byAct.get(id) ?? []).map((line) => line.id);
    const answered = [...said.lines];
    const isOne = written.length === 1 && answered.length === 1 && written[0] === answered[0];
    return isOne
      ? []
      : `${id}, ${said.word.word}: lines ${written.join()}, answered ${answered.join()}`;
  });
  if (odd.length > 0) tell("acts", `${odd.length} acts are not one line each: ${few(odd)}`);

  // At the end operators gave everybody the app's limits back, and nobody is frozen.
  const keys = people.flatMap(({ user, tenant }) => [
    { scope: "user", subject: user },
    { scope: "tenant", subject: tenant },
  ]);
  const left = (await store.settings(keys)).filter(({ scope, subject, limits, frozen, alias }) => {
    const user = scope === "user" ? identities.userOf(subject) : subject;
    return limits || frozen || (alias ?? subject) !== user;
  });
  if (left.length > 0)
    tell("acts", `operators said otherwise: ${few(left.map((one) => JSON.stringify(one)))}`);
}

/** Which periods are counted is written by the processes themselves. */
function isOfPeriods({ act }: ActLine): boolean {
  return "scope" in act && act.scope === "*";
}
