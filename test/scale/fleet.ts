/** All nodes and the main store: who is asked, who is down, and who gives back. */
import type { Invoice } from "./invoice.ts";
import type { Crash, Step } from "./load.ts";
import { openMainStore } from "./main-window.ts";
import { type Node, type Slice, openNode } from "./node.ts";
import type { Policy } from "./policy.ts";
import type { Random } from "./random.ts";
import { tripsTo } from "./trips.ts";

/** What a step was granted; called with it when the step has ended. */
type Settle = () => void;

export interface Fleet {
  readonly reserve: (step: Step, now: number) => Settle | undefined;
  readonly isUp: (node: number) => boolean;
  readonly crash: (crash: Crash) => void;
  /** The lease of a node that is still down has expired. */
  readonly expire: (crash: Crash) => void;
  readonly comeBack: (crash: Crash) => void;
  /** Slices that nobody used for a while go back. */
  readonly tidy: (now: number) => void;
  /** The window has ended: everything is settled. */
  readonly close: () => void;
  readonly trips: () => number;
  /** Spent, by the main store's books. */
  readonly charged: () => number;
}

/** One counter in one place: a trip for each reserve and each settle. */
export function openCounter(invoice: Invoice): Fleet {
  const down = new Set<number>();
  let trips = 0;
  return {
    reserve({ ceiling }) {
      trips++;
      return invoice.room() >= ceiling ? () => trips++ : undefined;
    },
    isUp: (node) => !down.has(node),
    crash: ({ node }) => down.add(node),
    expire: () => {},
    comeBack: ({ node }) => down.delete(node),
    tidy: () => {},
    close: () => {},
    trips: () => trips,
    charged: invoice.spent,
  };
}

interface Place {
  node: Node;
  /** Settles that wait for the node to come back; undefined while it is up. */
  missed: Settle[] | undefined;
  hasExpired: boolean;
}

export interface FleetOptions {
  readonly limit: number;
  readonly nodes: number;
  readonly policy: Policy;
  readonly random: Random;
  /** After so many arrivals without a step a slice is returned. */
  readonly idle: number;
  /** So many arrivals pass after a recall that was in vain. */
  readonly pause: number;
}

function giveBack(node: Node, isDue: (slice: Slice) => boolean): void {
  for (const slice of node.slices()) if (!slice.isClosed && isDue(slice)) node.giveBack(slice);
}

export function openFleet(options: FleetOptions): Fleet {
  const { limit, nodes, policy, random, idle, pause } = options;
  const main = openMainStore(limit);
  const trips = tripsTo(main, random);
  let names = 0;
  const open = () => openNode({ name: `node-${names++}`, main: trips, policy, limit, nodes });
  const places = Array.from({ length: nodes }, (): Place => ({
    node: open(),
    missed: undefined,
    hasExpired: false,
  }));
  let nextRecall = 0;

  function placeOf(index: number): Place {
    const place = places[index];
    if (!place) throw new RangeError(`no node ${index}`);
    return place;
  }

  /** The main has no more: whoever has a slice is asked to give back what it can spare. */
  function recall(): void {
    for (const { node, missed } of places) {
      if (!node.slices().some(({ isClosed }) => !isClosed)) continue;
      trips.add(1);
      if (!missed) giveBack(node, () => true);
    }
  }

  function take(node: Node, atLeast: number, now: number): boolean {
    if (node.take(atLeast, now)) return true;
    if (!policy.returns || now < nextRecall) return false;
    recall();
    if (node.take(atLeast, now)) return true;
    nextRecall = now + pause;
    return false;
  }

  return {
    reserve({ node: index, ceiling, cost }, now) {
      const place = placeOf(index);
      const { node } = place;
      let slice = node.draw(ceiling, now);
      if (!slice && take(node, ceiling, now)) slice = node.draw(ceiling, now);
      if (!slice) return undefined;
      const from = slice;
      return () => {
        if (place.node !== node) return; // Its store is lost: the slice stays charged in full.
        const settle = () => node.settle(from, ceiling, cost);
        if (place.missed) place.missed.push(settle);
        else settle();
      };
    },
    isUp: (node) => !placeOf(node).missed,
    crash({ node, amid }) {
      const place = placeOf(node);
      place.node.breakOff(amid);
      place.missed = [];
      place.hasExpired = false;
    },
    expire({ node }) {
      const place = placeOf(node);
      main.charge(place.node.name);
      place.hasExpired = true;
    },
    comeBack({ node: index, backAt, isLost }) {
      const place = placeOf(index);
      const { node, missed, hasExpired } = place;
      place.missed = undefined;
      if (isLost) {
        // Nobody renews under the old name again: what it held is charged in full.
        main.charge(node.name);
        place.node = open();
        return;
      }
      for (const settle of missed ?? []) settle();
      node.mend(backAt);
      if (hasExpired) giveBack(node, () => true);
    },
    tidy(now) {
      if (!policy.returns) return;
      for (const { node, missed } of places)
        if (!missed) giveBack(node, ({ usedAt }) => now - usedAt >= idle);
    },
    close() {
      for (const { node, missed } of places) if (!missed) giveBack(node, () => true);
    },
    trips: trips.count,
    charged: main.used,
  };
}
