/** How the memory store's holds end, and what is learned of them afterwards. */
import { correctionLine, spentOf } from "../entries.ts";
import type { Charge, SettleReply, StepLine } from "../store.ts";
import { addCharge, addSpent, living } from "./counters.ts";
import { type Hold, windowsOf } from "./holds.ts";
import type { MemoryState } from "./state.ts";

export interface Ending {
  settle(id: string, charge: Charge): SettleReply;
  release(id: string): SettleReply;
  /** Writes what a hold's windows are due, and says whether that was anything. */
  notice(hold: Hold, now: number): boolean;
}

export function ending({ clock, holds, lines, notices }: MemoryState): Ending {
  function notice({ taken: { counters, caps }, thresholds }: Hold, now: number): boolean {
    let noticed = false;
    if (thresholds.length > 0)
      for (let i = 0; i < counters.length; i += 1) {
        const counter = counters[i];
        const cap = caps[i] ?? null;
        if (!counter || cap === null) continue;
        const due = { cap, thresholds, exhausted: false };
        noticed = notices.write(living(counter), due, now) || noticed;
      }
    return noticed;
  }

  function settled(hold: Hold, line: StepLine, now: number): SettleReply {
    const noticed = notice(hold, now);
    const reply = { kind: "settled" as const, line, windows: windowsOf(hold, now) };
    return noticed ? { ...reply, noticed } : reply;
  }

  /** Better knowledge of a hold that was charged as assumed: the difference, dated as the charge was. */
  function correct(hold: Hold, charge: Charge): SettleReply {
    if (hold.line < 0) return { kind: "already" };
    const line = lines.charge(hold.line);
    if (hold.final || line.charge.known !== "assumed" || charge.known === "assumed")
      return { kind: "already", line };
    const now = clock();
    for (const taken of hold.taken.counters) {
      const counter = living(taken);
      const entry = { unit: counter.at.unit, amount: 0 };
      addSpent(counter, spentOf(entry, charge) - spentOf(entry, line.charge), line.at);
    }
    hold.nano = charge.nano;
    hold.final = true;
    return settled(hold, lines.corrected(correctionLine(line, charge, now)), now);
  }

  return {
    notice,
    settle: (id, charge) => {
      const hold = holds.get(id);
      if (!hold) return { kind: "unknown" };
      if (!hold.open) return correct(hold, charge);
      const now = clock();
      giveBack(hold, charge, now);
      hold.charge = charge;
      hold.at = now;
      hold.nano = charge.nano;
      hold.line = lines.next() - 1;
      holds.end(hold);
      return settled(hold, lines.charged(hold), now);
    },
    release: (id) => {
      const hold = holds.get(id);
      if (!hold) return { kind: "unknown" };
      if (hold.open) {
        giveBack(hold);
        holds.end(hold);
        return { kind: "released", windows: windowsOf(hold, clock()) };
      }
      return hold.line < 0
        ? { kind: "already" }
        : { kind: "already", line: lines.charge(hold.line) };
    },
  };
}

/** What was held is held no longer; what was charged is spent. */
function giveBack({ taken: { counters }, open }: Hold, charge?: Charge, now: number = 0): void {
  const amounts = open?.amounts ?? [];
  for (let i = 0; i < counters.length; i += 1) {
    const taken = counters[i];
    const amount = amounts[i] ?? 0;
    if (!taken) continue;
    const counter = living(taken);
    counter.held -= amount;
    if (charge) addCharge(counter, spentOf({ unit: counter.at.unit, amount }, charge), now);
  }
}
