/** From the windows that refused to the one error that says so. */
import { BudgetError } from "../errors.ts";
import { claimAmount, formatAmount } from "../rules/index.ts";
import { balanceJson, balanceOf, resetOf, resetTime } from "./balance.ts";
import { SENTENCES } from "./refusal-sentences.ts";
import type { ReserveReply, ReserveRequest, WindowClaim, WindowState } from "./store.ts";

type Refused = Extract<ReserveReply, { kind: "refused" }>;

/** A window that refused, and what it was asked for. */
export interface RefusedWindow {
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
      // What running calls hold comes back with them, not with the window.
      resets_at: inFlight ? null : resetOf(last.state),
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
    // What an operator has added holds for everybody who asks.
    const limit = claim.limit + state.credit;
    return { claim: { ...claim, limit }, state, needed, fits: reply.fits[index] ?? 0 };
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
