/** In which tag holds, threads and notices are, as far as this process knows; else all tags are asked. */
import type { Tag, Tags } from "./tag.ts";

/** More than a process has open at a time. */
const MOST = 50_000;

export interface Homes {
  add(id: string, tag: Tag): void;
  drop(id: string): void;
  of(id: string): Tag | undefined;
  /** Asks the tag that has it; else one after the other, until one knows it. */
  find<R>(
    id: string,
    ask: (tag: Tag) => Promise<R>,
    isKnown: (reply: R) => boolean,
  ): Promise<{ readonly tag: Tag; readonly reply: R } | undefined>;
}

export function homes(tags: Tags): Homes {
  const known = new Map<string, Tag>();

  function add(id: string, tag: Tag): void {
    if (known.size >= MOST) known.clear();
    known.set(id, tag);
  }

  return {
    add,
    drop: (id) => void known.delete(id),
    of: (id) => known.get(id),
    find: async (id, ask, isKnown) => {
      const home = known.get(id);
      if (home) {
        const reply = await ask(home);
        if (isKnown(reply)) return { tag: home, reply };
      }
      for (const tag of await tags.all()) {
        if (tag === home) continue;
        const reply = await ask(tag);
        if (isKnown(reply)) {
          add(id, tag);
          return { tag, reply };
        }
      }
      return undefined;
    },
  };
}
