import { type ReserveRequest, type Store, memory } from "@assistants-budget/core/store";
import { type Runner, storeSuite, testClock } from "../src/index.ts";

export type Fault = (store: Store) => Partial<Store>;

export interface Planted {
  /** The part of the suite that must notice. */
  readonly part: string;
  readonly fault: Fault;
}

/** Runs one part of the suite on a faulty store and gives back the tests that failed. */
export async function failures({ part, fault }: Planted): Promise<readonly string[]> {
  const tests: { readonly name: string; readonly body: () => Promise<void> }[] = [];
  let current = "";
  const runner: Runner = {
    describe: (name, body) => {
      current = name;
      body();
    },
    test: (name, body) => void (current === part && tests.push({ name, body })),
  };
  storeSuite(runner, {
    open: async () => {
      const clock = testClock();
      const sound = memory({ clock: clock.now });
      return { store: { ...sound, ...fault(sound) }, clock, close: () => sound.close() };
    },
  });
  const outcomes = await Promise.allSettled(tests.map(({ body }) => body()));
  return tests.flatMap(({ name }, i) => (outcomes[i]?.status === "rejected" ? [name] : []));
}

/** Everything that was held, by hold: what a fault needs to know of the past. */
export function remembering(store: Store): Pick<Store, "reserve"> & {
  readonly requests: ReadonlyMap<string, ReserveRequest>;
} {
  const requests = new Map<string, ReserveRequest>();
  const reserve: Store["reserve"] = async (request) => {
    const reply = await store.reserve(request);
    if (reply.kind === "held") requests.set(request.hold, request);
    return reply;
  };
  return { requests, reserve };
}
