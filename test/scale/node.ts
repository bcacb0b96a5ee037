/** A node: it grants against its slices, alone, and speaks to the main only to get and to return them. */
import type { MainWindow } from "./main-window.ts";
import type { Policy } from "./policy.ts";

/** A window at the node whose limit is `size`. */
export interface Slice {
  readonly id: string;
  readonly size: number;
  spent: number;
  held: number;
  /** All of its room is reserved to be returned. */
  isClosed: boolean;
  /** What the main was told when the slice was returned. */
  told: "nothing" | "assumed";
  usedAt: number;
}

export interface Node {
  readonly name: string;
  readonly slices: () => readonly Slice[];
  /** From the slices that are here. */
  readonly draw: (amount: number, now: number) => Slice | undefined;
  /** Gets another slice, with at least so much room. */
  readonly take: (atLeast: number, now: number) => boolean;
  readonly settle: (slice: Slice, ceiling: number, cost: number) => void;
  readonly giveBack: (slice: Slice) => void;
  /** After a crash: says again what may not have come to its end. */
  readonly mend: (now: number) => void;
  /** What a crash leaves behind that strikes between two steps. */
  readonly breakOff: (amid: "nothing" | "taking" | "returning") => void;
}

export interface NodeOptions {
  readonly name: string;
  readonly main: MainWindow;
  readonly policy: Policy;
  readonly limit: number;
  readonly nodes: number;
}

const roomIn = ({ size, spent, held }: Slice) => size - spent - held;

export function openNode({ name, main, policy, limit, nodes }: NodeOptions): Node {
  let slices: Slice[] = [];
  let taken = 0;
  let left = 1;

  const wanted = () => Math.floor(policy.size({ left, nodes }) * limit);

  function reserve(size: number) {
    const reply = main.reserve(`${name}/${taken}`, size);
    left = reply.left / limit;
    return reply;
  }

  function note(size: number, now: number): void {
    const id = `${name}/${taken++}`;
    const fresh = { spent: 0, held: 0, isClosed: false, told: "nothing", usedAt: now } as const;
    slices.unshift({ id, size, ...fresh });
  }

  function giveBack(slice: Slice): void {
    slice.isClosed = true;
    tell(slice);
  }

  /** Gives the next slice back unused. Noted first, so that nobody can note it as one to be used. */
  function skip(now: number): void {
    note(0, now);
    const [skipped] = slices;
    if (skipped) giveBack(skipped);
  }

  /** Tells the main what a closed slice comes to: at most so much, or exactly. */
  function tell(slice: Slice): void {
    if (slice.held === 0) {
      main.settle(slice.id, slice.spent, "reported");
      slices = slices.filter((other) => other !== slice);
    } else if (slice.told === "nothing" && roomIn(slice) > 0) {
      main.settle(slice.id, slice.spent + slice.held, "assumed");
      slice.told = "assumed";
    }
  }

  return {
    name,
    slices: () => slices,
    draw(amount, now) {
      const slice = slices.find((one) => !one.isClosed && roomIn(one) >= amount);
      if (!slice) return undefined;
      slice.held += amount;
      slice.usedAt = now;
      return slice;
    },
    take(atLeast, now) {
      let size = Math.max(wanted(), atLeast);
      for (;;) {
        const reply = reserve(size);
        if (reply.kind === "held") {
          note(reply.size, now);
          if (reply.size >= atLeast) return true;
        } else if (reply.kind === "ended") {
          // Charged in full after a crash, before it was noted here: nothing was spent of it.
          skip(now);
        } else if (reply.left >= atLeast && reply.left < size) size = reply.left;
        else return false;
      }
    },
    settle(slice, ceiling, cost) {
      slice.held -= ceiling;
      slice.spent += cost;
      if (slice.isClosed) tell(slice);
    },
    giveBack,
    mend(now) {
      // The next slice may be held already and not noted here. If not, nobody knows its id.
      skip(now);
      for (const slice of slices) if (slice.isClosed) tell(slice);
    },
    breakOff(amid) {
      const slice = slices.find((one) => !one.isClosed);
      if (amid === "taking") reserve(wanted());
      else if (amid === "returning" && slice && policy.isCareless)
        main.settle(slice.id, slice.spent + slice.held, "assumed");
      else if (amid === "returning" && slice) slice.isClosed = true;
    },
  };
}
