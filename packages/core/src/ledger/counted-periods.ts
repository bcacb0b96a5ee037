/**
 * The periods that are counted, of every scope, by all processes that share a store: whatever a limit
 * was once stated over. One that only some processes counted, or only some of the time, would have
 * gaps, and a limit over it would grant what was spent in them once more.
 */
import { BudgetError } from "../errors.ts";
import { type Limit, type Policy, formatLimit, parseLimit } from "../rules/index.ts";
import type { Settings, SubjectKey } from "./acts.ts";
import { askStore } from "./ask-store.ts";
import type { Subjects } from "./demand.ts";
import type { Store } from "./store.ts";

type Limits = Policy["limits"];

/** They are kept as the settings of a subject that no app can have, so that each reserve compares them. */
export const PERIODS: SubjectKey = { scope: "*", subject: "periods" };

/** Each is one more counter for whoever spends. */
const MOST = 64;

/** What a subject has at least: who has a counter has a history, by which later ones are filled. */
const LEAST: Pick<Limit, "unit" | "period"> = { unit: "usd", period: { kind: "lifetime" } };

/** `user $0.00/month`: a scope, and a limit whose amount says nothing. */
function textOf(scope: string, { unit, period }: Pick<Limit, "unit" | "period">): string {
  return `${scope} ${formatLimit({ unit, amount: 0, period })}`;
}

export function readPeriods(settings: Pick<Settings, "limits"> | undefined): Limits {
  const scopes = new Map<string, Limit[]>();
  const texts = Array.isArray(settings?.limits) ? settings.limits : [];
  for (const text of texts) {
    const end = text.indexOf(" ");
    const scope = text.slice(0, end);
    scopes.set(scope, [...(scopes.get(scope) ?? []), parseLimit(text.slice(end + 1), "periods")]);
  }
  return Object.fromEntries(scopes);
}

/** A run is counted as long as it lasts, and a route where its policy is. */
function isCounted(scope: string): boolean {
  return scope !== "run" && !scope.startsWith("route");
}

/** What these limits, and whoever spends, need to be counted and is not. */
export function lackingPeriods(
  needed: readonly Limits[],
  subjects: Subjects,
  counted: Limits,
): readonly string[] {
  const known = new Set(textsOf(counted));
  const texts = needed.flatMap(textsOf);
  const scopes = new Set([...Object.keys(counted), ...texts.map((text) => text.split(" ", 1)[0])]);
  const least = Object.keys(subjects)
    .filter((scope) => isCounted(scope) && !scopes.has(scope))
    .map((scope) => textOf(scope, LEAST));
  return [...new Set([...texts, ...least])].filter((text) => !known.has(text));
}

function textsOf(limits: Limits): readonly string[] {
  return Object.entries(limits).flatMap(([scope, ofScope]) =>
    isCounted(scope) ? ofScope.map((limit) => textOf(scope, limit)) : [],
  );
}

/** Lets every process count these from now on, beside what is counted already. */
export async function countPeriods(
  store: Pick<Store, "settings" | "act">,
  texts: readonly string[],
  learn: (settings: readonly Settings[]) => void,
): Promise<void> {
  for (;;) {
    const found = await askStore(() => store.settings([PERIODS]));
    learn(found);
    const { limits: stored, version = 0 } = found[0] ?? {};
    const limits = Array.isArray(stored) ? stored : [];
    const all = [...new Set([...limits, ...texts])];
    if (all.length === limits.length) return;
    if (all.length > MOST) throw tooMany();
    const reason = { by: "assistants-budget", why: "a period that a limit is stated over" };
    // By an id that only one can have after this version: whoever comes second looks again.
    const id = `periods_after_${version}`;
    const act = { ...PERIODS, ...reason, id, kind: "limits" as const, limits: all };
    await askStore(() => store.act(act));
  }
}

function tooMany(): BudgetError {
  return new BudgetError("invalid_options", {
    message: `limits: more than ${MOST} different periods and units have been named for this store, over all scopes; each is one more counter for whoever spends. Use fewer, such as '/day' and '/month', above all in \`run({ limits })\`.`,
  });
}
