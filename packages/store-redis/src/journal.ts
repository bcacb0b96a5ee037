/** What this process was told was written, for the case that the server forgets it. */

/** How many writes are remembered, and for how long: more than a server that syncs each second can forget. */
const MOST = 10_000;
const FOR_MS = 120_000;

interface Entry<Call> {
  readonly seq: number;
  readonly call: Call;
  readonly at: number;
}

export interface Journal<Call> {
  note(seq: number, call: Call): void;
  /** What was written after `from`, oldest first; nothing where not all of it is remembered. */
  since(from: number): readonly Call[] | undefined;
  /** Forgets what was written after `from`. */
  forget(from: number): void;
  clear(): void;
}

export function journal<Call>(): Journal<Call> {
  let entries: Entry<Call>[] = [];
  let dropped = 0;

  /** In bulk and not one by one: cutting the front off a list costs its length. */
  function trim(now: number): void {
    const first = entries.findIndex(({ at }) => now - at < FOR_MS);
    const cut = Math.max(first === -1 ? entries.length : first, entries.length - MOST);
    for (const { seq } of entries.slice(0, cut)) dropped = Math.max(dropped, seq);
    entries = entries.slice(cut);
  }

  return {
    note: (seq, call) => {
      entries.push({ seq, call, at: performance.now() });
      if (entries.length >= 2 * MOST) trim(performance.now());
    },
    since: (from) => {
      if (dropped > from) return undefined;
      const lost = entries.filter(({ seq }) => seq > from);
      return lost.toSorted((a, b) => a.seq - b.seq).map(({ call }) => call);
    },
    forget: (from) => {
      entries = entries.filter(({ seq }) => seq <= from);
    },
    clear: () => {
      entries = [];
      dropped = 0;
    },
  };
}
