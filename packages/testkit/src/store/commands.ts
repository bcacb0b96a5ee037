/** What may happen to a store, as fast-check makes it up. */
import * as fc from "fast-check";
import { DAY, HOUR, MINUTE } from "./requests.ts";

export type Command =
  | {
      readonly kind: "reserve";
      readonly user: "a" | "b";
      /** Which of the user's windows apply. */
      readonly windows: readonly boolean[];
      /** Picodollars. */
      readonly fixed: number;
      readonly perOutput: number;
      readonly min: number;
      readonly more: number;
      /** Under a limit of half the size, as a narrower route would ask. */
      readonly half: boolean;
      readonly ttlMs: number;
    }
  | { readonly kind: "reserve again"; readonly which: number }
  | {
      readonly kind: "settle";
      readonly which: number;
      /** Of the ceiling. */
      readonly percent: number;
      readonly known: "reported" | "counted" | "assumed";
    }
  | { readonly kind: "release" | "renew"; readonly which: number }
  | { readonly kind: "wait"; readonly ms: number }
  | { readonly kind: "recover" };

/** Which hold: of all that there are, the index modulo their number. */
const which = fc.nat(1000);

const percent = fc.oneof(
  { weight: 6, arbitrary: fc.integer({ min: 0, max: 100 }) },
  { weight: 1, arbitrary: fc.integer({ min: 101, max: 250 }) },
);

const reserve = fc.record({
  kind: fc.constant("reserve" as const),
  user: fc.constantFrom("a" as const, "b" as const),
  windows: fc.array(fc.boolean(), { minLength: 5, maxLength: 5 }),
  fixed: fc.integer({ min: 0, max: 60_000 }),
  perOutput: fc.integer({ min: 0, max: 4_000 }),
  min: fc.integer({ min: 0, max: 15 }),
  more: fc.integer({ min: 0, max: 60 }),
  half: fc.boolean(),
  ttlMs: fc.constantFrom(MINUTE, HOUR),
});

const settle = fc.record({
  kind: fc.constant("settle" as const),
  which,
  percent,
  known: fc.constantFrom("reported" as const, "counted" as const, "assumed" as const),
});

const wait = fc.oneof(
  fc.integer({ min: -MINUTE, max: 10 * MINUTE }),
  fc.integer({ min: 0, max: 2 * HOUR }),
  // Clocks jump, and come back.
  fc.integer({ min: -DAY, max: 2 * DAY }),
);

export const command: fc.Arbitrary<Command> = fc.oneof(
  { weight: 8, arbitrary: reserve },
  { weight: 6, arbitrary: settle },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("reserve again" as const), which }) },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constantFrom("release" as const, "renew" as const), which }),
  },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant("wait" as const), ms: wait }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("recover" as const) }) },
);
