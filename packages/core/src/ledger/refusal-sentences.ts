/** A refusal in one sentence for the person: what, how much, when it comes back. */
import { type Unit, formatAmount } from "../rules/index.ts";
import type { RefusedWindow } from "./refusal.ts";
import type { WindowClaim } from "./store.ts";

/** A hundredth of a cent: what people are told of dollars is rounded up to it, in the sentence alone. */
const FINEST = 100_000;

/** By code. */
export const SENTENCES: Readonly<
  Record<
    "budget_exceeded" | "budget_in_flight" | "run_exceeds_budget",
    (window: RefusedWindow, reset: number | undefined) => string
  >
> = {
  budget_exceeded: ({ claim, state, needed }, reset) => {
    const spent = `You have used ${amountFor(claim.unit, state.spent)} of your ${limitOf(claim)} AI budget${periodOf(claim)}`;
    const rest =
      state.spent < claim.limit && claim.unit !== "runs"
        ? `; even a short answer can cost ${amountFor(claim.unit, needed)}, which no longer fits.`
        : ".";
    return `${spent}${rest}${resetSentence(claim, reset)}`;
  },
  budget_in_flight: ({ claim, state }) =>
    `Running calls hold ${amountFor(claim.unit, state.held)} of your ${limitOf(claim)} AI budget${periodOf(claim)}. Try again in a moment.`,
  run_exceeds_budget: ({ claim, needed }) =>
    `Even a short answer to this can cost ${amountFor(claim.unit, needed)}, more than the whole AI budget of ${limitOf(claim)}${periodOf(claim)}. Send less.`,
};

function periodOf({ scope, period, rollingMs }: WindowClaim): string {
  if (scope === "run") return " for one request";
  if (scope === "thread" && period === "lifetime") return " for this conversation";
  if (rollingMs !== undefined) return ` for any ${lengthOf(rollingMs / 60_000)}`;
  return period === "lifetime" ? "" : period === "day" ? " for today" : ` for this ${period}`;
}

function lengthOf(minutes: number): string {
  if (minutes === 60) return "hour";
  return minutes % 60 === 0 ? `${minutes / 60} hours` : `${minutes} minutes`;
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

function limitOf({ unit, limit }: RefusedWindow["claim"]): string {
  return formatAmount(unit, limit);
}

function amountFor(unit: Unit, amount: number): string {
  return formatAmount(unit, unit === "usd" ? Math.ceil(amount / FINEST) * FINEST : amount);
}
