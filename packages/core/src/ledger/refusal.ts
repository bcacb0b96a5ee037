/** From the windows that refused to the one error that says so. */
import { BudgetError } from "../errors.ts";
import { claimAmount, formatAmount } from "../rules/index.ts";
import { balanceJson, balanceOf, resetTime } from "./balance.ts";
import type { ReserveReply, ReserveRequest, WindowClaim, WindowState } from "./store.ts";

type Refused = Extract<ReserveReply, { kind: "refused" }>;

interface RefusedWindow {
  readonly claim: WindowClaim & { readonly limit: number };
  readonly state: WindowState;
  /** What the smallest useful step needs here. */
  readonly needed: number;
  /** Output tokens that would still fit here. */
  readonly fits: number;
}

/** Scopes whose limits are the caller's own; all others are shared with somebody. */
export const OWN_SCOPES: ReadonlySet<string> = new Set(["user", "thread", "run"]);

/** Seconds after which a window that running calls hold is worth asking again. */
const IN_FLIGHT_RETRY = 2;

/** Whether all that refused would have room, were it not for calls that are running now. */
export function isInFlight(request: ReserveRequest, reply: Refused): boolean {
  return refusedWindows(request, reply).every(isHeld);
}

/**
 * The refusal. Own windows go before shared ones, whose amounts are nobody's business: a shared
 * limit is not the caller's fault.
 */
export function refusal(request: ReserveRequest, reply: Refused): BudgetError {
  const windows = refusedWindows(request, reply);
  const own = windows.filter(({ claim }) => OWN_SCOPES.has(claim.scope));
  if (own.length === 0) return sharedRefusal(windows, reply.now);
  const never = own.find(({ claim, needed }) => needed > claim.limit);
  const inFlight = own.every(isHeld);
  const code = never ? "run_exceeds_budget" : inFlight ? "budget_in_flight" : "budget_exceeded";
  const last = lastBack(own);
  const reset = resetTime(last.state);
  const message = SENTENCES[code](never ?? last, reset);
  const retryAfter =
    code === "budget_in_flight"
      ? IN_FLIGHT_RETRY
      : code === "budget_exceeded" && reset !== undefined
        ? (reset - reply.now) / 1000
        : undefined;
  return new BudgetError(code, {
    message,
    ...(retryAfter === undefined ? {} : { retryAfter }),
    members: {
      resets_at: reset === undefined ? null : new Date(reset).toISOString().replace(".000Z", "Z"),
      refused_by: own.map((window) => refusedJson(window, reply.now)),
    },
  });
}

function sharedRefusal(windows: readonly RefusedWindow[], now: number): BudgetError {
  const scopes = windows.map(({ claim }) => `${claim.scope} ${claim.period}`).join(", ");
  const reset = resetTime(lastBack(windows).state);
  const retryAfter = windows.every(isHeld)
    ? IN_FLIGHT_RETRY
    : reset === undefined
      ? undefined
      : (reset - now) / 1000;
  return new BudgetError("app_budget_exhausted", {
    message: `A limit that all share is spent: ${scopes}. Raise it in \`limits\`, or wait for its reset.`,
    detail: "AI is paused for everybody at the moment. This is not about your own budget.",
    ...(retryAfter === undefined ? {} : { retryAfter }),
  });
}

/** Not spent: running calls hold what is missing, and it comes back when they end. */
function isHeld({ claim, state, needed }: RefusedWindow): boolean {
  return state.spent + needed <= claim.limit && state.held > 0;
}

/** The window that stands in the way longest; what running calls hold counts only where nothing else does. */
function lastBack(windows: readonly RefusedWindow[]): RefusedWindow {
  const spent = windows.filter((window) => !isHeld(window));
  const [first, ...others] = spent.length > 0 ? spent : windows;
  if (!first) throw new RangeError("a refusal without a window that refused");
  const back = ({ state }: RefusedWindow) => resetTime(state) ?? Infinity;
  return others.reduce((last, window) => (back(window) > back(last) ? window : last), first);
}

function refusedWindows(request: ReserveRequest, reply: Refused): readonly RefusedWindow[] {
  return reply.refused.flatMap((index) => {
    const claim = request.claims[index];
    const state = reply.windows[index];
    if (!claim || !state || claim.limit === null) return [];
    const needed = claimAmount(claim, request.output.min);
    return { claim: { ...claim, limit: claim.limit }, state, needed, fits: reply.fits[index] ?? 0 };
  });
}

function refusedJson(window: RefusedWindow, now: number): Record<string, unknown> {
  const { claim, state, needed, fits } = window;
  const amount = formatAmount(claim.unit, needed).replace("$", "");
  return {
    ...balanceJson(balanceOf(state, claim.limit, now)),
    needed: claim.unit === "usd" ? amount : needed,
    fits_output_tokens: fits,
  };
}

/** One sentence for the person: what, how much, when it comes back. */
const SENTENCES: Readonly<
  Record<
    "budget_exceeded" | "budget_in_flight" | "run_exceeds_budget",
    (window: RefusedWindow, reset: number | undefined) => string
  >
> = {
  budget_exceeded: ({ claim, state, needed }, reset) => {
    const amount = (value: number) => formatAmount(claim.unit, value);
    const spent = `You have used ${amount(state.spent)} of your ${amount(claim.limit)} AI budget${periodOf(claim)}`;
    const rest =
      state.spent < claim.limit && claim.unit !== "runs"
        ? `; even a short answer can cost ${amount(needed)}, which no longer fits.`
        : ".";
    return `${spent}${rest}${resetSentence(claim, reset)}`;
  },
  budget_in_flight: ({ claim, state }) =>
    `Running calls hold ${formatAmount(claim.unit, state.held)} of your ${formatAmount(claim.unit, claim.limit)} AI budget${periodOf(claim)}. Try again in a moment.`,
  run_exceeds_budget: ({ claim, needed }) =>
    `Even a short answer to this can cost ${formatAmount(claim.unit, needed)}, more than the whole AI budget of ${formatAmount(claim.unit, claim.limit)}${periodOf(claim)}. Send less.`,
};

function periodOf({ scope, period, rollingMs }: WindowClaim): string {
  if (scope === "run") return " for one request";
  if (scope === "thread" && period === "lifetime") return " for this conversation";
  if (rollingMs !== undefined) return ` for any ${Math.round(rollingMs / 3_600_000)} hours`;
  return period === "lifetime" ? "" : period === "day" ? " for today" : ` for this ${period}`;
}

function resetSentence({ rollingMs, zone }: WindowClaim, reset: number | undefined): string {
  if (reset === undefined) return "";
  const at = new Intl.DateTimeFormat("en-GB", {
    dateStyle: "medium",
    timeStyle: "short",
    timeZone: zone,
  }).format(reset);
  return rollingMs === undefined
    ? ` It resets on ${at} (${zone}).`
    : ` Some of it comes back on ${at} (${zone}).`;
}
