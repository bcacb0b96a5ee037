import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  bucketMs,
  type CalendarUnit,
  checkTimeZone,
  FOREVER,
  InvalidValue,
  windowAt,
  type Window,
} from "../../src/rules/index.ts";

const seed = 7;
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const ZONES = [
  "UTC",
  "+05:30",
  "Europe/Berlin",
  "America/New_York",
  "America/St_Johns",
  "America/Havana",
  "America/Sao_Paulo",
  "Africa/Cairo",
  "Asia/Beirut",
  "Asia/Kathmandu",
  "Asia/Tehran",
  "Australia/Lord_Howe",
  "Pacific/Apia",
  "Pacific/Chatham",
  "Antarctica/Troll",
] as const;
const UNITS: readonly CalendarUnit[] = ["minute", "hour", "day", "week", "month", "year"];

const at = (every: CalendarUnit, zone: string, iso: string): Window =>
  windowAt({ kind: "calendar", every }, Date.parse(iso), zone);
const show = ({ start, end }: Window): string[] => [
  new Date(start).toISOString(),
  new Date(end).toISOString(),
];
const hours = ({ start, end }: Window): number => (end - start) / HOUR;

describe("windows around shifts of the clock", () => {
  test("Cairo skips midnight: the day begins at 01:00 and has 23 hours", () => {
    const day = at("day", "Africa/Cairo", "2026-04-24T12:00:00Z");
    expect(show(day)).toEqual(["2026-04-23T22:00:00.000Z", "2026-04-24T21:00:00.000Z"]);
    expect(hours(day)).toBe(23);
  });

  test("Beirut skips midnight: the day begins at 01:00 and has 23 hours", () => {
    const day = at("day", "Asia/Beirut", "2026-03-29T12:00:00Z");
    expect(show(day)).toEqual(["2026-03-28T22:00:00.000Z", "2026-03-29T21:00:00.000Z"]);
    expect(hours(day)).toBe(23);
  });

  test("Havana repeats midnight: one day of 25 hours, not two", () => {
    const day = at("day", "America/Havana", "2026-11-01T12:00:00Z");
    expect(show(day)).toEqual(["2026-11-01T04:00:00.000Z", "2026-11-02T05:00:00.000Z"]);
    expect(hours(day)).toBe(25);
    expect(at("day", "America/Havana", "2026-11-01T05:30:00Z")).toEqual(day);
    expect(at("month", "America/Havana", "2026-11-01T05:30:00Z").start).toBe(day.start);
  });

  test("Lord Howe shifts by half an hour: a day of 24.5 hours", () => {
    const day = at("day", "Australia/Lord_Howe", "2026-04-05T03:00:00Z");
    expect(show(day)).toEqual(["2026-04-04T13:00:00.000Z", "2026-04-05T13:30:00.000Z"]);
    expect(hours(day)).toBe(24.5);
  });

  test("Apia had no 30th of December 2011: the 29th is followed by the 31st", () => {
    const before = at("day", "Pacific/Apia", "2011-12-30T09:59:59Z");
    expect(show(before)).toEqual(["2011-12-29T10:00:00.000Z", "2011-12-30T10:00:00.000Z"]);
    const after = windowAt({ kind: "calendar", every: "day" }, before.end, "Pacific/Apia");
    expect(show(after)).toEqual(["2011-12-30T10:00:00.000Z", "2011-12-31T10:00:00.000Z"]);
    expect(hours(at("month", "Pacific/Apia", "2011-12-15T00:00:00Z"))).toBe(30 * 24);
  });

  test("St. John's fell back across midnight: the repeated minutes stay in the new day", () => {
    const first = at("day", "America/St_Johns", "2010-11-07T02:29:59Z");
    const second = at("day", "America/St_Johns", "2010-11-07T02:45:00Z");
    expect(second.start).toBe(first.end);
    expect(second.start).toBe(Date.parse("2010-11-07T02:30:00Z"));
    expect(hours(second)).toBe(25);
  });

  test("an hour that Lord Howe's clock is set back in is followed by half a one", () => {
    const whole = at("hour", "Australia/Lord_Howe", "2026-04-04T14:45:00Z");
    expect(show(whole)).toEqual(["2026-04-04T14:00:00.000Z", "2026-04-04T15:00:00.000Z"]);
    const half = at("hour", "Australia/Lord_Howe", "2026-04-04T15:00:00Z");
    expect(show(half)).toEqual(["2026-04-04T15:00:00.000Z", "2026-04-04T15:30:00.000Z"]);
    expect(hours(at("hour", "Australia/Lord_Howe", "2026-04-04T15:30:00Z"))).toBe(1);
  });

  test("an hour that Lord Howe's clock is set forward in lasts half an hour", () => {
    const half = at("hour", "Australia/Lord_Howe", "2026-10-03T15:45:00Z");
    expect(show(half)).toEqual(["2026-10-03T15:30:00.000Z", "2026-10-03T16:00:00.000Z"]);
  });

  test("a shift within an hour cuts it in two", () => {
    // St. John's: 00:00:59 -02:30 was followed by 23:01:00 -03:30.
    const cut = at("hour", "America/St_Johns", "2010-11-07T02:30:30Z");
    expect(show(cut)).toEqual(["2010-11-07T02:30:00.000Z", "2010-11-07T02:31:00.000Z"]);
    const rest = at("hour", "America/St_Johns", "2010-11-07T02:31:00Z");
    expect(show(rest)).toEqual(["2010-11-07T02:31:00.000Z", "2010-11-07T03:30:00.000Z"]);
  });

  test("a repeated hour is two windows of an hour", () => {
    const first = at("hour", "America/New_York", "2026-11-01T05:30:00Z");
    const second = at("hour", "America/New_York", "2026-11-01T06:30:00Z");
    expect(second.start).toBe(first.end);
    expect([hours(first), hours(second)]).toEqual([1, 1]);
  });
});

describe("the calendar", () => {
  test.each([
    ["month", "2026-01-31T23:59:59.999Z", ["2026-01-01", "2026-02-01"]],
    ["month", "2026-02-01T00:00:00Z", ["2026-02-01", "2026-03-01"]],
    ["month", "2028-02-29T12:00:00Z", ["2028-02-01", "2028-03-01"]],
    ["month", "2026-12-31T12:00:00Z", ["2026-12-01", "2027-01-01"]],
    ["day", "2028-02-29T12:00:00Z", ["2028-02-29", "2028-03-01"]],
    ["year", "2028-12-31T23:59:59Z", ["2028-01-01", "2029-01-01"]],
    ["year", "2028-02-29T00:00:00Z", ["2028-01-01", "2029-01-01"]],
    ["week", "2026-11-22T23:59:59Z", ["2026-11-16", "2026-11-23"]],
    ["week", "2026-11-23T00:00:00Z", ["2026-11-23", "2026-11-30"]],
    ["week", "2027-01-01T00:00:00Z", ["2026-12-28", "2027-01-04"]],
  ] as const)("the UTC %s of %s", (every, now, [start, end]) => {
    expect(at(every, "UTC", now)).toEqual({ start: Date.parse(start), end: Date.parse(end) });
  });

  test("a zone east of UTC is already in the next year", () => {
    const year = at("year", "Pacific/Auckland", "2026-12-31T11:00:00Z");
    expect(new Date(year.start).toISOString()).toBe("2026-12-31T11:00:00.000Z");
  });

  test("hours follow the wall clock of zones that are off by half an hour", () => {
    expect(show(at("hour", "+05:30", "2026-05-05T12:15:00Z"))[0]).toBe("2026-05-05T11:30:00.000Z");
    expect(show(at("minute", "+05:30", "2026-05-05T12:15:59Z"))[0]).toBe(
      "2026-05-05T12:15:00.000Z",
    );
  });
});

/** Wall clock of an instant by Intl, as a number of minutes as if it were UTC. */
const clocks = new Map<string, Intl.DateTimeFormat>();
function wallClock(now: number, zone: string): Date {
  let clock = clocks.get(zone);
  if (!clock) {
    clock = new Intl.DateTimeFormat("en-US", {
      timeZone: zone,
      calendar: "iso8601",
      numberingSystem: "latn",
      hourCycle: "h23",
      year: "numeric",
      month: "2-digit",
      day: "2-digit",
      hour: "2-digit",
      minute: "2-digit",
    });
    clocks.set(zone, clock);
  }
  const parts = Object.fromEntries(clock.formatToParts(now).map((p) => [p.type, p.value]));
  return new Date(
    `${parts["year"]}-${parts["month"]}-${parts["day"]}T${parts["hour"]}:${parts["minute"]}:00Z`,
  );
}

/** The name of the window that an instant lies in, by its wall clock. */
function label(every: CalendarUnit, now: number, zone: string): string {
  const wall = wallClock(now, zone);
  const iso = wall.toISOString();
  const offset = wall.getTime() - Math.floor(now / MINUTE) * MINUTE;
  const monday = new Date(wall.getTime() - ((wall.getUTCDay() + 6) % 7) * 24 * HOUR);
  const labels: Readonly<Record<CalendarUnit, string>> = {
    minute: `${iso.slice(0, 16)} ${offset}`,
    hour: `${iso.slice(0, 13)} ${offset}`,
    day: iso.slice(0, 10),
    week: monday.toISOString().slice(0, 10),
    month: iso.slice(0, 7),
    year: iso.slice(0, 4),
  };
  return labels[every];
}

describe("every window", () => {
  const moment = fc.record({
    // From 2011, when the last of these zones stopped to fall back across midnight.
    now: fc.integer({ min: Date.parse("2011-12-01"), max: Date.parse("2038-01-01") }),
    zone: fc.constantFrom(...ZONES),
    every: fc.constantFrom(...UNITS),
  });
  // Moments near a shift, where a wrong answer would hide from chance.
  const shifts = fc.record({
    now: fc
      .tuple(
        fc.constantFrom(
          "2011-12-30T10:00Z",
          "2026-03-08T07:00Z",
          "2026-03-29T01:00Z",
          "2026-04-04T15:00Z",
          "2026-04-23T22:00Z",
          "2026-10-03T15:30Z",
          "2026-10-25T01:00Z",
          "2026-11-01T05:00Z",
          "2018-02-18T02:00Z",
          "2018-11-04T03:00Z",
        ),
        fc.integer({ min: -26 * 60, max: 26 * 60 }),
        fc.integer({ min: 0, max: MINUTE - 1 }),
      )
      .map(([iso, minutes, ms]) => Date.parse(iso) + minutes * MINUTE + ms),
    zone: fc.constantFrom(...ZONES),
    every: fc.constantFrom(...UNITS),
  });

  test("holds now, is followed by the next without gap, and agrees with Intl's wall clock", () => {
    fc.assert(
      fc.property(fc.oneof(moment, shifts), ({ now, zone, every }) => {
        const period = { kind: "calendar", every } as const;
        const window = windowAt(period, now, zone);
        expect(window.start <= now && now < window.end).toBe(true);
        expect(windowAt(period, window.start, zone)).toEqual(window);
        expect(windowAt(period, window.end - 1, zone)).toEqual(window);
        expect(windowAt(period, window.end, zone).start).toBe(window.end);
        expect(windowAt(period, window.start - 1, zone).end).toBe(window.start);

        const name = label(every, now, zone);
        expect(label(every, window.start, zone)).toBe(name);
        expect(label(every, window.end - 1, zone)).toBe(name);
        expect(label(every, window.start - 1, zone)).not.toBe(name);
        expect(label(every, window.end, zone)).not.toBe(name);
      }),
      { seed, numRuns: 3000 },
    );
  });

  test("tiles a year with its neighbours in each zone", () => {
    for (const zone of ZONES) {
      const period = { kind: "calendar", every: "day" } as const;
      let now = Date.parse("2010-11-01");
      for (let day = 0; day < 430; day += 1) {
        const window = windowAt(period, now, zone);
        expect(window.end).toBeGreaterThan(window.start);
        expect(windowAt(period, window.end, zone).start).toBe(window.end);
        now = window.end;
      }
    }
  });

  test("is the same whether or not another was asked for before", () => {
    const period = { kind: "calendar", every: "day" } as const;
    const now = Date.parse("2026-05-05T12:00Z");
    const first = windowAt(period, now, "UTC");
    windowAt(period, now + 5 * 24 * HOUR, "UTC");
    expect(windowAt(period, now, "UTC")).toEqual(first);
    // More zones than the cache keeps.
    for (let minutes = 0; minutes < 840; minutes += 1) {
      const hh = String(Math.floor(minutes / 60)).padStart(2, "0");
      const zone = `+${hh}:${String(minutes % 60).padStart(2, "0")}`;
      const shift = minutes * MINUTE;
      expect(windowAt(period, now, zone).start).toBe(
        Math.floor((now + shift) / (24 * HOUR)) * 24 * HOUR - shift,
      );
    }
    expect(windowAt(period, now, "UTC")).toEqual(first);
  });
});

test("a lifetime has one window", () => {
  expect(windowAt({ kind: "lifetime" }, 1, "UTC")).toEqual({ start: 0, end: FOREVER });
  expect(new Date(FOREVER).toISOString()).toBe("+275760-09-13T00:00:00.000Z");
});

test("a rolling window ends now", () => {
  expect(windowAt({ kind: "rolling", ms: HOUR }, 10 * HOUR, "UTC")).toEqual({
    start: 9 * HOUR,
    end: 10 * HOUR,
  });
});

describe("checkTimeZone", () => {
  test.each([
    ["europe/paris", "Europe/Paris"],
    ["UTC", "UTC"],
    ["utc", "UTC"],
    ["+05:30", "+05:30"],
    ["Asia/Calcutta", "Asia/Calcutta"],
  ])("%s", (zone, name) => expect(checkTimeZone(zone, "timeZone")).toBe(name));

  test.each(["Mars/Phobos", "", "local", "2026-01-01T00:00[Europe/Paris]", "2026-01-01T00:00Z"])(
    "refuses %j",
    (zone) => {
      expect(() => checkTimeZone(zone, "timeZone")).toThrow(InvalidValue);
      expect(() => checkTimeZone(zone, "timeZone")).toThrow(/^timeZone is .*Europe\/Paris/);
    },
  );

  test("refuses a zone that is missing, which Intl would take for the machine's own", () => {
    expect(() => checkTimeZone(undefined as unknown as string, "timeZone")).toThrow(InvalidValue);
  });
});

test("a rolling window has at most 64 buckets, wherever it begins", () => {
  expect(bucketMs(62)).toBe(1);
  expect(bucketMs(63)).toBe(2);
  fc.assert(
    fc.property(
      fc.integer({ min: MINUTE, max: 400 * 24 * HOUR }),
      fc.integer({ min: 0, max: 2e12 }),
      (ms, now) => {
        const width = bucketMs(ms);
        const buckets = Math.floor(now / width) - Math.floor((now - ms) / width) + 1;
        expect(Number.isInteger(width)).toBe(true);
        expect(buckets).toBeLessThanOrEqual(64);
      },
    ),
    { seed },
  );
});
