/** In one process, without a disk or a network. */
import { memory } from "@assistants-budget/core/store";
import type { Bench, Group, Scenario } from "../bench.ts";
import { memoryUnion } from "../contestants/limiters.ts";
import { pairOn } from "../contestants/ours.ts";
import { nextDemand, openLedger } from "../demands.ts";
import { CHARGE, SPENT, nextRequest } from "../requests.ts";
import { type Runner, alternate } from "../rounds.ts";

const STORE = "memory(): reserve and settle";
const LEDGER = "the whole way through core's ledger";
const UNION = "rate-limiter-flexible, a union of five";
const MAP = "a bare Map, five sums and a line";

/** Makes a new state, since a ledger in memory grows with every line; gives back a call a request. */
type Opening = () => (at: number) => Promise<unknown>;

/** Requests are made beforehand: what is measured is what is done with them. */
function openings(calls: number): Readonly<Record<string, Opening>> {
  const indexes = Array.from({ length: calls }, (_, i) => i);
  return {
    [STORE]: () => {
      const [store, requests] = [memory(), indexes.map(nextRequest)];
      return (at) => pairOn(store, requests[at]);
    },
    [LEDGER]: () => {
      const ledger = openLedger(memory());
      const demands = indexes.map(nextDemand);
      return async (at) => {
        const demand = demands[at];
        if (!demand) return;
        const { id } = await ledger.reserve(demand);
        await ledger.settle(id, CHARGE);
      };
    },
    [UNION]: memoryUnion,
    [MAP]: () => bareMap(indexes.map(nextRequest)),
  };
}

/** No decision that holds, no windows that end, no hold: the floor. */
function bareMap(requests: readonly ReturnType<typeof nextRequest>[]) {
  const sums = new Map<string, number>();
  const lines: unknown[] = [];
  return async (at: number): Promise<void> => {
    const request = requests[at];
    if (!request) return;
    for (const { family } of request.claims) sums.set(family, (sums.get(family) ?? 0) + SPENT);
    lines.push({ charge: CHARGE, facts: request.facts });
  };
}

function microseconds(name: string, open: Opening, calls: number): Runner {
  const measure = async () => {
    const call = open();
    const start = performance.now();
    for (let at = 0; at < calls; at += 1) await call(at);
    return { value: ((performance.now() - start) * 1000) / calls };
  };
  return { name, isOurs: name === STORE || name === LEDGER, measure };
}

async function run(bench: Bench): Promise<readonly Group[]> {
  const calls = bench.quick ? 20_000 : 100_000;
  const runners = Object.entries(openings(calls)).map(([name, open]) =>
    microseconds(name, open, calls),
  );
  const title = "one at a time";
  const { rows, ratio } = await alternate(bench, { title, base: UNION, runners });
  const goals = [STORE, LEDGER].map((name) => ({
    of: `of the union's time: ${name}`,
    sense: "at most" as const,
    wanted: 1,
    found: ratio(name, UNION),
    unit: "x" as const,
  }));
  return [{ title, unit: "µs", base: UNION, rows, goals, isCharted: true }];
}

export const memoryScenario: Scenario = {
  name: "memory",
  title: "In memory",
  about:
    "A reserve over five windows and its settle with a ledger line, for a thousand users, in one process.",
  run,
};
