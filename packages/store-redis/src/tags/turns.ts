/** One at a time for a slice, so that a crowd takes one slice that is large enough and not many. */
import type { Tag } from "./tag.ts";

interface Turn {
  readonly tag: Tag;
  /** Of which slice. */
  readonly key: string;
  /** How much is needed of it. */
  readonly needs: number;
}

/** Does the work when its turn comes; `crowd` tells how much is needed by all that wait. */
export type InTurn = <T>(turn: Turn, work: (crowd: () => number) => Promise<T>) => Promise<T>;

interface Line {
  last: Promise<unknown>;
  needed: number;
}

export function turns(): InTurn {
  const byTag = new WeakMap<Tag, Map<string, Line>>();

  return async ({ tag, key, needs }, work) => {
    const lines = byTag.get(tag) ?? new Map<string, Line>();
    byTag.set(tag, lines);
    const line = lines.get(key) ?? { last: Promise.resolve(), needed: 0 };
    lines.set(key, line);
    line.needed += needs;
    const done = line.last.then(() => work(() => line.needed));
    line.last = done.catch(() => undefined);
    try {
      return await done;
    } finally {
      line.needed -= needs;
      if (line.needed === 0) lines.delete(key);
    }
  };
}
