/** One window of a shared limit, from full to well past its end. */
import { type Fleet, openCounter, openFleet } from "./fleet.ts";
import { type Invoice, openInvoice } from "./invoice.ts";
import type { Load, World } from "./load.ts";
import type { Policy } from "./policy.ts";
import { seeded } from "./random.ts";

export interface Outcome {
  /** Spent and held above the limit, at the worst moment: nano-dollars. */
  readonly overshoot: number;
  /** What nobody had spent or held when the first step was refused, in parts of the limit. */
  readonly idleAtFirst: number;
  /** What was never spent, in parts of the limit. */
  readonly idleAtEnd: number;
  /** Refusals that one counter would not have made, in parts of the steps that it would grant. */
  readonly early: number;
  /** Of the reserves and settles together, until the first refusal. */
  readonly tripsBefore: number;
  /** Of all reserves and settles. */
  readonly trips: number;
  /** What the main's books have beyond the invoice: nano-dollars. */
  readonly overcharged: number;
}

const IDLE = 1 / 50;
const PAUSE = 1 / 500;
const TIDY = 1 / 250;

/** A plain counter where there is no policy. */
export function simulate(world: World, load: Load, policy: Policy | undefined): Outcome {
  const { limit, nodes } = world;
  const { steps, seed } = load;
  const part = (share: number) => Math.ceil(steps.length * share);
  const invoice = openInvoice(limit);
  const random = seeded(seed + 1);
  const times = { idle: part(IDLE), pause: part(PAUSE) };
  const fleet = policy
    ? openFleet({ limit, nodes, policy, random, ...times })
    : openCounter(invoice);
  const due = schedule();
  for (const crash of load.crashes) due.add(crash.at, () => strike(crash, world.lease));

  function strike(crash: Load["crashes"][number], lease: number): void {
    if (!fleet.isUp(crash.node)) return;
    fleet.crash(crash);
    const expiresAt = crash.at + lease;
    if (expiresAt < crash.backAt) due.add(expiresAt, () => fleet.expire(crash));
    due.add(crash.backAt, () => fleet.comeBack(crash));
  }

  let [calls, granted, early] = [0, 0, 0];
  let first: { readonly idle: number; readonly trips: number } | undefined;
  const asFirst = () => ({ idle: invoice.room() / limit, trips: fleet.trips() / calls });
  for (const [now, step] of steps.entries()) {
    due.run(now);
    if (now % part(TIDY) === 0) fleet.tidy(now);
    if (!fleet.isUp(step.node)) continue;
    calls++;
    const settle = fleet.reserve(step, now);
    if (settle) {
      granted++;
      invoice.begin(step);
      due.add(now + step.length, () => {
        calls++;
        invoice.end(step);
        settle();
      });
    } else {
      first ??= asFirst();
      if (invoice.room() >= step.ceiling) early++;
    }
  }
  for (let now = steps.length; due.isLeft(); now++) due.run(now);
  fleet.close();
  first ??= asFirst();
  return {
    overshoot: invoice.overshoot(),
    idleAtFirst: first.idle,
    tripsBefore: first.trips,
    trips: fleet.trips() / calls,
    early: early / (granted + early),
    ...atEnd(invoice, fleet, limit),
  };
}

function atEnd(invoice: Invoice, fleet: Fleet, limit: number) {
  return {
    idleAtEnd: invoice.room() / limit,
    overcharged: fleet.charged() - invoice.spent(),
  };
}

/** What happens when. */
function schedule() {
  const due = new Map<number, (() => void)[]>();
  return {
    add(time: number, what: () => void): void {
      const others = due.get(time);
      if (others) others.push(what);
      else due.set(time, [what]);
    },
    run(now: number): void {
      for (const what of due.get(now) ?? []) what();
      due.delete(now);
    },
    isLeft: () => due.size > 0,
  };
}
