/** What a request takes of a server's processor, in microseconds. */
import type { RouteJob } from "./apps/serve-route.ts";
import type { Bench, Group } from "./bench.ts";
import { type Child, startChild } from "./children.ts";
import type { HttpDone, HttpJob } from "./http-load.ts";
import { type Runner, alternate } from "./rounds.ts";

const CONNECTIONS = 32;
/** Until its code is compiled: by requests, for on a busy machine a second has few of them. */
const WARM_UP = 10_000;
/** Many short rounds: what is looked for is smaller than the noise of one. */
export const MORE_ROUNDS = 4;
const ANSWERS_PER_MS = 5;

export interface Side<Added> {
  /** Named in the title and the goal where there are several. */
  readonly framework?: string;
  /** Serves a route of `apps/serve-route.ts`. */
  readonly app: URL;
  readonly noOp: string;
  readonly ours: string;
  /** By their names; `noOp` and `ours` among them. */
  readonly variants: Readonly<Record<string, Added>>;
}

/** Measures apps, each in a process of its own, with another one that sends requests to all of them. */
export async function serverCpu<Added>(bench: Bench, side: Side<Added>): Promise<Group> {
  const { framework, app, noOp, ours, variants } = side;
  const generator: Child<HttpJob, HttpDone> = startChild(
    new URL("http-load.ts", import.meta.url),
    bench.closing,
  );
  const runner = async ([name, added]: [string, Added]): Promise<Runner> => {
    const url = await startChild<RouteJob<Added>, string>(app, bench.closing).ask({ added });
    const send = async (answers: number) => {
      const job = { url, method: "GET", connections: CONNECTIONS, until: { answers } } as const;
      return (await generator.ask(job)).answers;
    };
    const used = async () => Number(await (await fetch(new URL("/cpu", url))).text());
    const measure = async () => {
      const before = await used();
      const answers = await send(bench.ms * ANSWERS_PER_MS);
      return { value: ((await used()) - before) / answers };
    };
    bench.tell(`warming up: ${name}`);
    await send(WARM_UP);
    return { name, isOurs: name === ours, measure };
  };
  const runners: Runner[] = [];
  for (const variant of Object.entries(variants)) runners.push(await runner(variant));

  const title = [framework, `${CONNECTIONS} connections`].filter(Boolean).join(", ");
  const rounds = bench.rounds * MORE_ROUNDS;
  const { rows, ratio } = await alternate({ ...bench, rounds }, { title, base: noOp, runners });
  const goal = {
    of: `of the requests that ${noOp} leaves room for${framework ? `: ${framework}` : ""}`,
    sense: "at least",
    wanted: 0.98,
    found: 1 / ratio(ours, noOp),
    unit: "x",
  } as const;
  return { title, unit: "µs", base: noOp, rows, goals: [goal] };
}
