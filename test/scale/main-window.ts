/** The window of the shared limit at the main store. Each hold in it is a slice. */
type Reply =
  | { readonly kind: "held"; readonly size: number; readonly left: number }
  | { readonly kind: "refused" | "ended"; readonly left: number };

export interface MainWindow {
  /** Holds it once by its id; asked for again it is granted as it stands. */
  readonly reserve: (id: string, size: number) => Reply;
  /** Ends a hold once; what was charged as assumed is corrected once. */
  readonly settle: (id: string, amount: number, how: "assumed" | "reported") => void;
}

export interface MainStore extends MainWindow {
  /** Charges in full whatever a node still holds whose lease has expired. */
  readonly charge: (node: string) => void;
  /** Spent and held. */
  readonly used: () => number;
}

interface Hold {
  amount: number;
  state: "open" | "assumed" | "reported";
}

export function openMainStore(limit: number): MainStore {
  const holds = new Map<string, Hold>();
  let used = 0;

  function settle(id: string, amount: number, how: "assumed" | "reported"): void {
    const hold = holds.get(id);
    if (!hold || hold.state === "reported" || hold.state === how) return;
    used += amount - hold.amount;
    hold.amount = amount;
    hold.state = how;
  }

  return {
    settle,
    reserve(id, size) {
      const hold = holds.get(id);
      if (hold?.state === "open") return { kind: "held", size: hold.amount, left: limit - used };
      if (hold) return { kind: "ended", left: limit - used };
      if (used + size > limit) return { kind: "refused", left: limit - used };
      used += size;
      holds.set(id, { amount: size, state: "open" });
      return { kind: "held", size, left: limit - used };
    },
    charge(node) {
      for (const [id, { amount, state }] of holds)
        if (state === "open" && id.startsWith(`${node}/`)) settle(id, amount, "assumed");
    },
    used: () => used,
  };
}
