/** What happens to holds after their reserve: each in its own tag. */
import type { Charge, LedgerStore, OpenHold, SettleReply } from "@assistants-budget/core/store";
import { atOnce } from "./at-once.ts";
import type { Homes } from "./homes.ts";
import type { Lending } from "./lending.ts";
import { withLine } from "./line-ids.ts";
import type { Tag, Tags } from "./tag.ts";

export interface HoldsHost {
  readonly tags: Tags;
  readonly homes: Homes;
  readonly lending: Lending;
}

export function holds({
  tags,
  homes,
  lending,
}: HoldsHost): Pick<LedgerStore, "settle" | "release" | "attach" | "renew" | "holds"> {
  async function end(hold: string, charge?: Charge): Promise<SettleReply> {
    const ask = ({ store }: Tag) => (charge ? store.settle(hold, charge) : store.release(hold));
    const found = await homes.find(hold, ask, ({ kind }) => kind !== "unknown");
    if (!found) return { kind: "unknown" };
    const { tag } = found;
    const reply = withLine(found.reply, tag, tags.main);
    if (reply.kind !== "settled" && reply.kind !== "released") return reply;
    await lending.heard(tag, reply.windows, true);
    return { ...reply, windows: reply.windows.map((state) => lending.shown(state, tag)) };
  }

  return {
    settle: end,
    release: (hold) => end(hold),
    attach: async (hold, responseId) => {
      const home = homes.of(hold);
      if (home) await home.store.attach(hold, responseId);
      // Where it is no open hold, this does nothing.
      else await atOnce(await tags.all(), ({ store }) => store.attach(hold, responseId));
    },
    renew: async (ids, ttlMs) => {
      const parts = Map.groupBy(ids, (id) => homes.of(id));
      const lost = parts.get(undefined) ?? [];
      parts.delete(undefined);
      const open = await atOnce([...parts], async ([tag, own]) => tag?.store.renew(own, ttlMs));
      const found =
        lost.length === 0
          ? []
          : await atOnce(await tags.all(), ({ store }) => store.renew(lost, ttlMs));
      const renewed = new Set([...open, ...found].flatMap((some) => some ?? []));
      return ids.filter((id) => renewed.has(id));
    },
    holds: async (query) => {
      const found = await atOnce(await tags.all(), async (tag) => {
        const open = await tag.store.holds(query);
        for (const { id } of open) homes.add(id, tag);
        return open;
      });
      return found.flat().toSorted(byExpiry).slice(0, query.limit);
    },
  };
}

function byExpiry(a: OpenHold, b: OpenHold): number {
  return a.expiresAt - b.expiresAt;
}
