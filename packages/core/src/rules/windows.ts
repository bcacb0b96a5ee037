// The ponyfill hands out the runtime's own Temporal where there is one, and changes no global.
import { Temporal } from "temporal-polyfill";
import { InvalidValue } from "./invalid.ts";
import type { CalendarUnit, Period } from "./limits.ts";

/** One stretch of a limit's period: epoch milliseconds, `start` included, `end` not. */
export interface Window {
  readonly start: number;
  readonly end: number;
}

/** The end of a lifetime window: the largest time that a `Date` can hold. */
export const FOREVER: number = 8.64e15;

const LIFETIME: Window = { start: 0, end: FOREVER };
const CLOCK_MS: Readonly<Record<"minute" | "hour", number>> = { minute: 60_000, hour: 3_600_000 };

function offsetMs(epochMs: number, zone: string): number {
  const at = Temporal.Instant.fromEpochMilliseconds(epochMs).toZonedDateTimeISO(zone);
  return Math.floor(at.offsetNanoseconds / 1_000_000);
}

/** The first instant in `(before, after]` with the offset of `after`, which `before` has not. */
function shiftBetween(before: number, after: number, zone: string): number {
  const target = offsetMs(after, zone);
  let [low, high] = [before, after];
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    [low, high] = offsetMs(middle, zone) === target ? [low, middle] : [middle, high];
  }
  return high;
}

/**
 * A minute or hour of the wall clock, at one UTC offset: a shift within it cuts it in two, so that
 * an hour is never longer than an hour (Lord Howe's half-hour shifts leave one of 30 minutes).
 */
function clockWindow(size: number, now: number, zone: string): Window {
  const offset = offsetMs(now, zone);
  const start = Math.floor((now + offset) / size) * size - offset;
  const end = start + size;
  return {
    start: offsetMs(start, zone) === offset ? start : shiftBetween(start, now, zone),
    end: offsetMs(end - 1, zone) === offset ? end : shiftBetween(now, end - 1, zone),
  };
}

type DateUnit = "day" | "week" | "month" | "year";

function firstDay(every: DateUnit, date: Temporal.PlainDate): Temporal.PlainDate {
  if (every === "week") {
    return date.subtract({ days: date.dayOfWeek - 1 });
  }
  if (every === "month") {
    return date.with({ day: 1 });
  }
  return every === "year" ? date.with({ month: 1, day: 1 }) : date;
}

const ONE: Readonly<Record<DateUnit, Temporal.DurationLike>> = {
  day: { days: 1 },
  week: { weeks: 1 },
  month: { months: 1 },
  year: { years: 1 },
};

function dateWindow(every: DateUnit, now: number, zone: string): Window {
  // A date begins at its first instant, which need not be midnight; one that the zone skipped
  // begins where the next one does, and so never has a window.
  const startOf = (date: Temporal.PlainDate): number =>
    date.toZonedDateTime({ timeZone: zone }).epochMilliseconds;
  const instant = Temporal.Instant.fromEpochMilliseconds(now).toZonedDateTimeISO(zone);
  let from = firstDay(every, instant.toPlainDate());
  let to = from.add(ONE[every]);
  // A clock set back across midnight repeats the end of a date inside the window of the next.
  while (startOf(to) <= now) {
    [from, to] = [to, to.add(ONE[every])];
  }
  return { start: startOf(from), end: startOf(to) };
}

function calendarWindow(every: CalendarUnit, now: number, zone: string): Window {
  return every === "minute" || every === "hour"
    ? clockWindow(CLOCK_MS[every], now, zone)
    : dateWindow(every, now, zone);
}

/** The last window asked for, by period and zone: the answers are the same, only sooner. */
const lastWindows = new Map<string, Window>();
const MOST_LAST_WINDOWS = 256;

/**
 * The window of a period that holds `now` (whole epoch milliseconds).
 *
 * Calendar windows follow the wall clock of the zone, weeks start on Monday; each holds `now`,
 * none is empty, and they tile time. A rolling window is the stretch looked back at: it ends now.
 * A lifetime runs from 0 to `FOREVER`.
 *
 * @throws RangeError for a zone that `checkTimeZone` would refuse.
 */
export function windowAt(period: Period, now: number, timeZone: string): Window {
  if (period.kind === "lifetime") {
    return LIFETIME;
  }
  if (period.kind === "rolling") {
    return { start: now - period.ms, end: now };
  }
  const key = `${period.every} ${timeZone}`;
  const last = lastWindows.get(key);
  if (last && last.start <= now && now < last.end) {
    return last;
  }
  const window = calendarWindow(period.every, now, timeZone);
  if (!last && lastWindows.size >= MOST_LAST_WINDOWS) {
    lastWindows.clear();
  }
  lastWindows.set(key, window);
  return window;
}

/**
 * The zone's name in its usual letters: `europe/paris` becomes `Europe/Paris`. Links stay as they
 * are (`Asia/Calcutta`), because what they lead to differs from runtime to runtime and the name is
 * part of a window's key. Offsets such as `+05:30` are zones too.
 *
 * @throws InvalidValue for a zone that this runtime does not know.
 */
export function checkTimeZone(zone: string, path: string): string {
  try {
    // Temporal alone would also take a time stamp with a zone in it, and Intl a missing zone.
    if (typeof zone === "string" && new Intl.DateTimeFormat("en", { timeZone: zone })) {
      return Temporal.Instant.fromEpochMilliseconds(0).toZonedDateTimeISO(zone).timeZoneId;
    }
  } catch {
    // Both answer an unknown zone with a RangeError.
  }
  throw new InvalidValue({
    path,
    found: zone,
    allowed: "a time zone that this runtime knows, such as 'UTC', 'Europe/Paris' or '+05:30'",
  });
}

/**
 * The width of a rolling window's buckets in milliseconds: 62 of them cover the period, and with one
 * begun at either end a window never has more than 64.
 */
export function bucketMs(periodMs: number): number {
  return Math.ceil(periodMs / 62);
}
