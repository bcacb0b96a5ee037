/** What may happen to a store, as fast-check makes it up. */
import * as fc from "fast-check";
import { DAY, HOUR, MINUTE } from "./requests.ts";

/** Who asks, and whom operators speak of. */
export const USERS = ["a", "b", "c"] as const;

type User = (typeof USERS)[number];

export type Command =
  | {
      readonly kind: "reserve";
      readonly user: User;
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
  | { readonly kind: "recover" }
  | Said
  | { readonly kind: "adjustment"; readonly which: number; readonly nano: number };

/** What operators say of users. */
export type Said =
  | {
      readonly kind: "limits";
      readonly user: User;
      /** So many times the app's, in percent. */
      readonly limits: readonly string[] | "unlimited" | null;
    }
  | { readonly kind: "freeze" | "unfreeze"; readonly user: User }
  | {
      readonly kind: "credit";
      readonly user: User;
      /** Which of the user's windows. */
      readonly window: number;
      readonly amount: number;
    }
  | { readonly kind: "merge"; readonly user: User; readonly into: User };

/** Which hold: of all that there are, the index modulo their number. */
const which = fc.nat(1000);

const user = fc.constantFrom(...USERS);

const percent = fc.oneof(
  { weight: 6, arbitrary: fc.integer({ min: 0, max: 100 }) },
  { weight: 1, arbitrary: fc.integer({ min: 101, max: 250 }) },
);

const reserve = fc.record({
  kind: fc.constant("reserve" as const),
  user,
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

const said: fc.Arbitrary<Said> = fc.oneof(
  fc.record({
    kind: fc.constant("limits" as const),
    user,
    limits: fc.constantFrom(null, "unlimited" as const, ["20"], ["300"]),
  }),
  fc.record({ kind: fc.constantFrom("freeze" as const, "unfreeze" as const), user }),
  fc.record({ kind: fc.constant("unfreeze" as const), user }),
  fc.record({
    kind: fc.constant("credit" as const),
    user,
    window: fc.nat(4),
    amount: fc.integer({ min: 1, max: 300 }),
  }),
  fc.record({ kind: fc.constant("merge" as const), user, into: user }),
);

const adjustment = fc.record({
  kind: fc.constant("adjustment" as const),
  which,
  nano: fc.integer({ min: 0, max: 500 }),
});

export const command: fc.Arbitrary<Command> = fc.oneof(
  { weight: 8, arbitrary: reserve },
  { weight: 6, arbitrary: settle },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("reserve again" as const), which }) },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constantFrom("release" as const, "renew" as const), which }),
  },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant("wait" as const), ms: wait }) },
  { weight: 2, arbitrary: said },
  { weight: 1, arbitrary: adjustment },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("recover" as const) }) },
);
