import { InvalidValue } from "./invalid.ts";
import { formatUsd, parseUsd } from "./money.ts";

/** What a limit counts: money, tokens (input and output together, cached included), or runs. */
export type Unit = "usd" | "tokens" | "runs";

/** The calendar periods; a week starts on Monday. */
export type CalendarUnit = "minute" | "hour" | "day" | "week" | "month" | "year";

/** The stretch of time that a limit's amount is for: all time, calendar periods, or the last `ms` milliseconds. */
export type Period =
  | { readonly kind: "lifetime" }
  | { readonly kind: "calendar"; readonly every: CalendarUnit }
  | { readonly kind: "rolling"; readonly ms: number };

/** An amount over a period. */
export interface Limit {
  readonly unit: Unit;
  /** Nano-dollars for `usd`, else whole tokens or runs. 0 allows nothing. */
  readonly amount: number;
  readonly period: Period;
  /** The canonical form, which `parseLimit` reads back to an equal limit. */
  readonly text: string;
}

type Per = "" | `/${CalendarUnit}` | `/${number}${"m" | "h" | "d" | "w"}`;
type Counted = "token" | "tokens" | "run" | "runs";

/**
 * A limit as it is written: `'$5'` (lifetime), `'$1/day'` (calendar), `'$1/24h'` (rolling: minutes,
 * hours, days, weeks), `'500k tokens/month'`, `'2M tokens'`, `'100 runs/hour'`.
 */
export type LimitText = `$${number}${Per}` | `${number}${"" | "k" | "M"} ${Counted}${Per}`;

const FORM =
  /^(?:(?<usd>\$[\d.]+)|(?<count>\d+)(?:\.(?<part>\d{1,6}))?(?<scale>[kM]?) +(?<what>token|run)s?)(?:\/(?:(?<every>minute|hour|day|week|month|year)|(?<length>\d{1,9})(?<step>[mhdw])))?$/;

const ALLOWED =
  "a limit such as '$5', '$1/day', '$1/24h', '500k tokens/month' or '100 runs/hour': dollars (up to 9000000, nine decimals), or whole tokens or runs " +
  "(k for thousands, M for millions), for all time, a calendar minute, hour, day, week, month or year, " +
  "or the last 1m to 400d (m, h, d, w)";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const LONGEST_ROLLING = 400 * DAY;
const STEP_MS: Readonly<Record<string, number>> = { m: MINUTE, h: HOUR, d: DAY, w: 7 * DAY };
const SCALE_DIGITS: Readonly<Record<string, number>> = { k: 3, M: 6 };

const EVERY: Readonly<Record<string, CalendarUnit>> = {
  minute: "minute",
  hour: "hour",
  day: "day",
  week: "week",
  month: "month",
  year: "year",
};

type Groups = Readonly<Record<string, string | undefined>>;

/** Shifts the decimal point in the text, since `0.0011 * 1e6` is not whole as a float. */
function countOf(groups: Groups): number {
  const part = (groups["part"] ?? "").replace(/0+$/, "");
  const digits = SCALE_DIGITS[groups["scale"] ?? ""] ?? 0;
  return part.length > digits
    ? Number.NaN
    : Number(`${groups["count"] ?? ""}${part.padEnd(digits, "0")}`);
}

function usdOf(text: string): number {
  try {
    return parseUsd(text);
  } catch {
    // The whole limit is named in the error, not only its amount.
    return Number.NaN;
  }
}

function periodOf(groups: Groups): Period | undefined {
  if (groups["length"] !== undefined) {
    const ms = Number(groups["length"]) * (STEP_MS[groups["step"] ?? ""] ?? Number.NaN);
    return ms > 0 && ms <= LONGEST_ROLLING ? { kind: "rolling", ms } : undefined;
  }
  const every = EVERY[groups["every"] ?? ""];
  return every === undefined ? { kind: "lifetime" } : { kind: "calendar", every };
}

/**
 * Reads a limit; white space around it does not matter.
 *
 * @throws InvalidValue with the path, the text, and what is allowed.
 */
export function parseLimit(text: string, path: string): Limit {
  const wrong = (): InvalidValue => new InvalidValue({ path, found: text, allowed: ALLOWED });
  const groups = typeof text === "string" ? FORM.exec(text.trim())?.groups : undefined;
  const period = groups && periodOf(groups);
  if (!groups || !period) {
    throw wrong();
  }
  const usd = groups["usd"];
  const unit: Unit = usd !== undefined ? "usd" : groups["what"] === "run" ? "runs" : "tokens";
  const amount = usd !== undefined ? usdOf(usd) : countOf(groups);
  if (!Number.isSafeInteger(amount)) {
    throw wrong();
  }
  return { unit, amount, period, text: formatLimit({ unit, amount, period }) };
}

/** The period as part of a window's key: `lifetime`, `day`, `rolling:86400000`. */
export function periodKey(period: Period): string {
  if (period.kind === "calendar") {
    return period.every;
  }
  return period.kind === "rolling" ? `rolling:${period.ms}` : "lifetime";
}

/** `24h`, `7d`, `90m`: the largest step that leaves a whole number, a single day told in hours. */
function rollingText(ms: number): string {
  if (ms % DAY === 0 && ms > DAY) {
    return `${ms / DAY}d`;
  }
  return ms % HOUR === 0 ? `${ms / HOUR}h` : `${ms / MINUTE}m`;
}

/** An amount with its unit: `$0.10`, `500000 tokens`, `1 run`. Nano-dollars for `usd`. */
export function formatAmount(unit: Unit, amount: number): string {
  if (unit === "usd") {
    return amount < 0 ? `-$${formatUsd(-amount)}` : `$${formatUsd(amount)}`;
  }
  return `${amount} ${amount === 1 ? unit.slice(0, -1) : unit}`;
}

/** The limit's canonical text, such as `$1.00/day`, which `parseLimit` reads back to an equal limit. */
export function formatLimit(limit: Pick<Limit, "unit" | "amount" | "period">): string {
  const { unit, amount, period } = limit;
  if (period.kind === "lifetime") {
    return formatAmount(unit, amount);
  }
  const per = period.kind === "calendar" ? period.every : rollingText(period.ms);
  return `${formatAmount(unit, amount)}/${per}`;
}
