import {
  closeSync,
  existsSync,
  fsyncSync,
  openSync,
  readFileSync,
  truncateSync,
  writeSync,
} from "node:fs";
import { type Store, memory } from "@assistants-budget/core/store";

/** What changes something. All else only reads. */
const CHANGES = [
  ...(["reserve", "settle", "release", "attach", "renew", "lease"] as const),
  ...(["act", "takeNotices", "dropNotice"] as const),
  ...(["openThread", "renewThread", "closeThread", "saveRun", "deleteThread"] as const),
];

interface Change {
  readonly at: number;
  readonly method: (typeof CHANGES)[number];
  readonly values: readonly unknown[];
}

/** A store for one process: each change is a line of a file, and opening does them all again. */
export function journal(path: string, clock: () => number = Date.now): Store {
  let opened: { readonly file: number; readonly state: Store } | undefined;
  let waiting: (Change & PromiseWithResolvers<unknown>)[] = [];
  let at: number | undefined;

  /** One change, at the time at which it was made the first time. */
  function carryOut(state: Store, change: Change): Promise<unknown> {
    at = change.at;
    const method = state[change.method] as (...values: readonly unknown[]) => Promise<unknown>;
    const reply = method(...change.values);
    at = undefined;
    return reply;
  }

  function open(): { readonly file: number; readonly state: Store } {
    if (opened) return opened;
    const state = memory({ clock: () => at ?? clock() });
    if (existsSync(path)) {
      // A line that a crash cut off was never answered.
      const written = /^.*\n/s.exec(readFileSync(path, "utf8"))?.[0] ?? "";
      truncateSync(path, Buffer.byteLength(written));
      for (const line of written.split("\n").slice(0, -1))
        carryOut(state, JSON.parse(line)).catch(() => "it failed the first time, too");
    }
    opened = { file: openSync(path, "a"), state };
    return opened;
  }

  /** Whoever waits goes out together; nobody is answered before it is on the disk. */
  function flush(): void {
    const changes = waiting;
    waiting = [];
    if (changes.length === 0) return;
    try {
      const { file, state } = open();
      const lines = changes.map(({ at: time, method, values }) => ({ at: time, method, values }));
      writeSync(file, lines.map((line) => `${JSON.stringify(line)}\n`).join(""));
      fsyncSync(file);
      for (const change of changes) change.resolve(carryOut(state, change));
    } catch (error) {
      // How much of it was written is seen when the file is read anew.
      opened = undefined;
      for (const { reject } of changes) reject(error);
    }
  }

  function write(method: Change["method"], values: readonly unknown[]): Promise<unknown> {
    const change = { at: clock(), method, values, ...Promise.withResolvers<unknown>() };
    if (waiting.push(change) === 1) setImmediate(flush);
    return change.promise;
  }

  const changing = CHANGES.map((name) => [name, (...values: unknown[]) => write(name, values)]);
  return {
    name: `journal at ${path}`,
    open: async () => void open(),
    close: async () => {
      flush();
      if (opened) closeSync(opened.file);
      opened = undefined;
    },
    now: async () => clock(),
    holds: async (query) => open().state.holds(query),
    windows: async (windows) => open().state.windows(windows),
    lines: async (query) => open().state.lines(query),
    settings: async (subjects) => open().state.settings(subjects),
    fullest: async (query) => open().state.fullest(query),
    run: async (request) => open().state.run(request),
    runs: async (request) => open().state.runs(request),
    items: async (request) => open().state.items(request),
    ...(Object.fromEntries(changing) as Pick<Store, (typeof CHANGES)[number]>),
  };
}
