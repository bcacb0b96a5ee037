/** From limits and subjects to the windows that a step must fit into. */
import { FOREVER, type Period, type Policy, windowAt } from "../rules/index.ts";
import type { Demand, Subjects } from "./demand.ts";
import { type OperatorLimits, limitsInForce } from "./limit-layers.ts";
import type { WindowAt, WindowClaim } from "./store.ts";
import { type PlannedWindow, windowPlan } from "./window-plan.ts";

/** A moment, and the zone whose calendar counts. */
export interface Moment {
  readonly now: number;
  readonly timeZone: string;
}

/** One limit with the window that it applies to now; a limit of null is only counted. */
export interface LimitedWindow {
  readonly at: WindowAt;
  readonly limit: number | null;
}

/** The windows that limits apply to. */
export function limitedWindows(
  limits: Policy["limits"],
  subjects: Subjects,
  moment: Moment,
): readonly LimitedWindow[] {
  const plan = windowPlan({ limits, caps: limits }, {});
  return plan.flatMap((planned) => {
    const subject = subjectOf(planned, subjects);
    if (subject === undefined) return [];
    return { at: plannedWindow(planned, subject, moment), limit: planned.limit };
  });
}

/** What a step asks of each window. A run that has been counted is not counted again. */
export function claimsOf(
  demand: Pick<Demand, "limits" | "ceiling" | "countRun">,
  by: {
    readonly operator: OperatorLimits;
    readonly counted: Policy["limits"];
    readonly subjects: Subjects;
    readonly moment: Moment;
  },
): readonly WindowClaim[] {
  const { ceiling, countRun } = demand;
  const usd = usdOf(ceiling);
  const tokens = tokensOf(ceiling);
  const claims: WindowClaim[] = [];
  for (const planned of planFor(demand, by)) {
    const subject = subjectOf(planned, by.subjects);
    if (subject === undefined || (planned.unit === "runs" && !countRun)) continue;
    const { limit, cap, unit } = planned;
    const at = plannedWindow(planned, subject, by.moment);
    const { fixed, perOutput } = unit === "usd" ? usd : unit === "tokens" ? tokens : ONE_RUN;
    const { family, scope, period, zone, start, end, rollingMs } = at;
    const window = { family, scope, subject, unit, period, zone, start, end };
    const claim = { ...window, limit, cap, fixed, perOutput };
    claims.push(rollingMs === undefined ? claim : { ...claim, rollingMs });
  }
  return claims;
}

type Amount = Pick<WindowClaim, "fixed" | "perOutput">;

const ONE_RUN: Amount = { fixed: 1000, perOutput: 0 };

function usdOf({ promptTokens, rates, spare }: Demand["ceiling"]): Amount {
  const fixed = promptTokens * rates.prompt;
  if (!spare) return { fixed, perOutput: rates.completion };
  const { prompt, completion } = spare.rates;
  return {
    fixed: fixed + spare.promptTokens * prompt + spare.outputTokens * completion,
    perOutput: rates.completion + prompt,
  };
}

function tokensOf({ promptTokens, spare }: Demand["ceiling"]): Amount {
  if (!spare) return { fixed: promptTokens * 1000, perOutput: 1000 };
  const { promptTokens: more, outputTokens } = spare;
  return { fixed: (promptTokens + more + outputTokens) * 1000, perOutput: 2000 };
}

/** Plans that no operator has touched, the most of all: made once for each set of limits. */
const plans = new WeakMap<object, { counted: object; plan: readonly PlannedWindow[] }>();

function planFor(
  { limits }: Pick<Demand, "limits">,
  { operator, counted }: { operator: OperatorLimits; counted: Policy["limits"] },
): readonly PlannedWindow[] {
  const isUntouched = Object.keys(operator).length === 0;
  const known = isUntouched ? plans.get(limits) : undefined;
  if (known?.counted === counted) return known.plan;
  const plan = windowPlan(limitsInForce(limits, operator), counted);
  if (isUntouched) plans.set(limits, { counted, plan });
  return plan;
}

/** A scope without a subject (no route, no tenant) has no window. */
function subjectOf({ scope, route }: PlannedWindow, subjects: Subjects): string | undefined {
  if (route !== undefined) return route;
  return Object.hasOwn(subjects, scope) ? subjects[scope] : undefined;
}

/** How many subjects' windows are remembered with each window of a plan. */
const MOST = 2_000;

/** Of each subject the last window: nearly always it is still in force. */
function plannedWindow(planned: PlannedWindow, subject: string, moment: Moment): WindowAt {
  const { last } = planned;
  const { now, timeZone } = moment;
  const known = last.get(subject);
  if (known && known.start <= now && now < known.end && known.zone === timeZone) return known;
  const window = newWindow(planned, subject, moment);
  if (last.size >= MOST) last.clear();
  last.set(subject, window);
  return window;
}

/** The subject comes last in the name, so that no subject can pose as another family. */
function newWindow(planned: PlannedWindow, subject: string, { now, timeZone }: Moment): WindowAt {
  const { scope, unit, prefix, period, periodName } = planned;
  const { start, end } = stretchOf(period, now, timeZone);
  return {
    family: prefix + subject,
    scope,
    subject,
    unit,
    period: periodName,
    zone: timeZone,
    start,
    end,
    ...(period.kind === "rolling" ? { rollingMs: period.ms } : undefined),
  };
}

const EVER = { start: 0, end: FOREVER };

function stretchOf(period: Period, now: number, timeZone: string): { start: number; end: number } {
  return period.kind === "calendar" ? windowAt(period, now, timeZone) : EVER;
}
