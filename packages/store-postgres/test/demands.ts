/** What users and operators do at random, the same for the same seed. */
import type {
  Act,
  ReserveRequest,
  Settings,
  Store,
  WindowAt,
  WindowClaim,
} from "@assistants-budget/core/store";
import { charge, lifetimeOf, request, rollingOf } from "./requests.ts";

export const DAY = 86_400_000;

/** What a store has said of each user. */
export type Known = ReadonlyMap<string, Settings>;

/** Something done with a hold; what is known of the settings is that store's own. */
export interface Step {
  readonly hold: string;
  run(store: Store, known: Known): Promise<unknown>;
}

/** Whole numbers from 0 on, below `end`. */
type Draw = (end: number) => number;

export function draws(seed: number): Draw {
  let last = seed;
  return (end) => (last = (last * 48_271) % 2_147_483_647) % end;
}

export function windowsOf(user: string, now: number): readonly WindowAt[] {
  const start = Math.floor(now / DAY) * DAY;
  const own = lifetimeOf(user);
  const dated = { period: "day", family: `user|usd|day|${user}`, start, end: start + DAY };
  return [
    own,
    { ...own, ...dated },
    rollingOf(user),
    { ...own, unit: "tokens", family: `user|tokens|lifetime|${user}` },
    { ...own, unit: "runs", family: `user|runs|lifetime|${user}` },
    rollingOf("tenant", "tenant"),
    lifetimeOf("app", "app"),
  ];
}

type Amounts = Pick<WindowClaim, "limit" | "cap" | "fixed" | "perOutput">;

const ONE_RUN = { fixed: 1000, perOutput: 0 };

export interface Demands {
  /** Those who have asked, by the names they used. */
  readonly users: readonly string[];
  /** What is done in one go. */
  steps(now: number, isTight: boolean): readonly Step[];
  act(now: number): Act;
}

/** Who has asked, and for which holds. */
interface Past {
  readonly users: string[];
  readonly holds: string[];
}

export function demands(draw: Draw): Demands {
  const past: Past = { users: ["alice", "bob", "guest-0"], holds: [] };
  const [reserve, end] = [reserves(draw, past), ends(draw, past)];
  return {
    users: past.users,
    steps: (now, isTight) =>
      Array.from({ length: 1 + draw(12) }, () => (draw(2) === 0 ? end() : reserve(now, isTight))),
    act: acts(draw, past),
  };
}

function amountsOf(draw: Draw, unit: string, isTight: boolean): Amounts {
  // Some limits are for one or two more, some for all, and some are none.
  const some = [null, 40 + draw(400), 100_000, 100_000][draw(4)] ?? null;
  const limit = isTight ? some : 1e9;
  const cap = isTight ? [null, limit, limit][draw(3)] : draw(4) * 300;
  const parts = { fixed: draw(9000), perOutput: draw(300) };
  return { limit, cap: cap ?? null, ...(unit === "runs" ? ONE_RUN : parts) };
}

function reserves(draw: Draw, { users, holds }: Past): (now: number, isTight: boolean) => Step {
  const steps: Step[] = [];

  /** Claims are made by what is known of the user when it is asked. */
  function stepOf(asked: ReserveRequest, amounts: readonly (Amounts | undefined)[], now: number) {
    const { user: name } = asked.facts;
    const isOld = draw(9) === 0;
    return (store: Store, known: Known) => {
      const user = (isOld ? undefined : known.get(name)?.alias) ?? name;
      const version = isOld ? 0 : (known.get(user)?.version ?? 0);
      const claims = windowsOf(user, now).flatMap((window, i) =>
        amounts[i] ? { ...window, ...amounts[i] } : [],
      );
      const subjects = [{ scope: "user", subject: user, version }];
      return store.reserve({ ...asked, claims, subjects, facts: { ...asked.facts, user } });
    };
  }

  return (now, isTight) => {
    const again = steps[draw(15 * steps.length)];
    if (again) return again;
    // Guests become alice one by one: mostly the last one asks.
    const user = [...users.slice(0, 2), ...users.slice(draw(4) === 0 ? 2 : -1)][draw(3)] ?? "";
    const amounts = windowsOf(user, now).map(({ unit }) =>
      draw(4) > 0 ? amountsOf(draw, unit, isTight) : undefined,
    );
    const hold = `hold-${holds.length}`;
    const plain = request(hold, [], 0);
    const min = draw(10);
    const asked = {
      ...plain,
      output: { min, max: min + draw(40) },
      ceiling: { fixed: draw(9000), perOutput: draw(300) },
      thresholds: [[], [500, 1000], [900]][draw(3)] ?? [],
      facts: {
        ...plain.facts,
        user,
        run: `run-${holds.length % 9}`,
        subjects: { tenant: "tenant" },
      },
    };
    const step = { hold, run: stepOf(asked, amounts, now) };
    holds.push(hold);
    steps.push(step);
    return step;
  };
}

function ends(draw: Draw, { holds }: Past): () => Step {
  return () => {
    // Mostly one of the last.
    const from = draw(3) === 0 ? 0 : Math.max(0, holds.length - 20);
    const hold = holds[from + draw(holds.length - from + 1)] ?? "nobody's";
    if (draw(6) === 0) return { hold, run: (store) => store.release(hold) };
    const known = draw(3) === 0 ? "assumed" : "reported";
    const cost = { ...charge(draw(60)), tokens: draw(60), known } as const;
    return { hold, run: (store) => store.settle(hold, cost) };
  };
}

function acts(draw: Draw, { users, holds }: Past): (now: number) => Act {
  let said = 0;
  return (now) => {
    const what = { id: `act-${(said += 1)}`, by: "ops", why: "a test" };
    const [kind, subject] = [draw(10), users[draw(users.length)] ?? ""];
    const whose = { scope: "user", subject } as const;
    if (kind < 3) {
      const window = windowsOf(subject, now)[draw(4)] ?? lifetimeOf(subject);
      return { ...what, kind: "credit", window, amount: draw(50) };
    }
    if (kind < 6) {
      const hold = holds[draw(holds.length + 1)] ?? "nobody's";
      return { ...what, kind: "adjustment", hold, nano: draw(60) };
    }
    if (kind === 6) return { ...what, ...whose, kind: "freeze" };
    if (kind === 7) return { ...what, ...whose, kind: "limits", limits: ["$1/day"] };
    if (kind === 8) return { ...what, ...whose, kind: "forget", pseudonym: "nobody" };
    const guest = users.at(-1) ?? "";
    users.push(`guest-${users.length - 2}`);
    return { ...what, kind: "merge", scope: "user", subject: guest, into: "alice" };
  };
}
