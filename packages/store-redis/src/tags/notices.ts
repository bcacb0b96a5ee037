/** Notices of all tags: those of shared windows lie at the main. */
import type { LedgerStore, Notice } from "@assistants-budget/core/store";
import { atOnce } from "./at-once.ts";
import type { Homes } from "./homes.ts";
import type { Tags } from "./tag.ts";

export function notices({
  tags,
  homes,
}: {
  readonly tags: Tags;
  readonly homes: Homes;
}): Pick<LedgerStore, "takeNotices" | "dropNotice"> {
  return {
    takeNotices: async (request) => {
      const found: Notice[] = [];
      for (const tag of [tags.main, ...(await tags.all())]) {
        const limit = request.limit - found.length;
        if (limit <= 0) break;
        const some = await tag.store.takeNotices({ ...request, limit });
        for (const { id } of some) homes.add(id, tag);
        found.push(...some);
      }
      return found.toSorted((a, b) => a.at - b.at);
    },
    dropNotice: async (id) => {
      const home = homes.of(id);
      const asked = home ? [home] : [tags.main, ...(await tags.all())];
      await atOnce(asked, ({ store }) => store.dropNotice(id));
      homes.drop(id);
    },
  };
}
