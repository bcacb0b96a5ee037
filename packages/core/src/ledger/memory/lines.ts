/** The memory store's ledger: every line, in the order in which they were written. */
import type { ActLine } from "../acts.ts";
import { chargeLine } from "../entries.ts";
import type { LedgerLine, LineQuery, StepLine } from "../store.ts";
import type { Hold } from "./holds.ts";

export interface Lines {
  /** The number of the line that is written next: its place among the lines, from 1. */
  next(): number;
  charged(hold: Hold): StepLine;
  corrected(line: Omit<StepLine, "id">): StepLine;
  /** `user` is whom it was done to. */
  acted(line: ActLine, user: string | undefined): void;
  charge(index: number): StepLine;
  act(index: number): ActLine;
  all(): Iterable<LedgerLine>;
  read(query: LineQuery): readonly LedgerLine[];
  /** Puts a pseudonym in the place of names, and whatever `rename` makes of an act. */
  forget(
    names: ReadonlySet<string>,
    pseudonym: string,
    rename: (line: ActLine, user: string) => ActLine,
  ): void;
}

/** A charge is kept as its hold: in a long ledger every object counts. */
type Kept = Hold | StepLine | ActLine;

/**
 * @param standsFor The user that a name stands for.
 */
export function ledgerLines(standsFor: (name: string) => string): Lines {
  const kept: Kept[] = [];
  /** The users of acts, by the line's id. */
  const users = new Map<string, string>();

  const userOf = (one: Kept): string | undefined =>
    "facts" in one ? one.facts.user : users.get(one.id);

  function* all(): Iterable<LedgerLine> {
    for (const [i, one] of kept.entries()) yield lineOf(one, i);
  }

  return {
    next: () => kept.length + 1,
    charged: (hold) => {
      kept.push(hold);
      return stepOf(hold, kept.length - 1);
    },
    corrected: (line) => {
      const written = { id: String(kept.length + 1), ...line };
      kept.push(written);
      return written;
    },
    acted: (line, user) => {
      kept.push(line);
      if (user !== undefined) users.set(line.id, user);
    },
    charge: (index) => {
      const one = kept[index];
      if (!one || !("taken" in one)) throw new RangeError(`line ${index + 1} is no charge`);
      return stepOf(one, index);
    },
    act: (index) => {
      const one = kept[index];
      if (!one || !("act" in one)) throw new RangeError(`line ${index + 1} is no act`);
      return one;
    },
    all,
    read: ({ user, run, after, limit = 1000 }) => {
      const whose = user === undefined ? undefined : standsFor(user);
      const isWanted = (one: Kept): boolean => {
        if (run !== undefined && !("facts" in one && one.facts.run === run)) return false;
        if (whose === undefined) return true;
        const own = userOf(one);
        return own !== undefined && standsFor(own) === whose;
      };
      const found: LedgerLine[] = [];
      for (let i = Number(after ?? 0); i < kept.length && found.length < limit; i += 1) {
        const one = kept[i];
        if (one && isWanted(one)) found.push(lineOf(one, i));
      }
      return found;
    },
    forget: (names, user, rename) => {
      for (const [i, one] of kept.entries()) {
        const whose = userOf(one);
        if (whose === undefined || !names.has(whose)) continue;
        if ("act" in one) {
          kept[i] = rename(one, whose);
          users.set(one.id, user);
        } else if ("taken" in one) one.facts = { ...one.facts, user };
        else kept[i] = { ...one, facts: { ...one.facts, user } };
      }
    },
  };
}

function lineOf(one: Kept, index: number): LedgerLine {
  return "taken" in one ? stepOf(one, index) : one;
}

function stepOf(hold: Hold, index: number): StepLine {
  if (!hold.charge) throw new TypeError(`hold ${hold.id} was not charged`);
  const line = chargeLine(hold, hold.charge, hold.at);
  const { kind, at, charge, facts, ceiling, overrun } = line;
  const step = { id: String(index + 1), hold: hold.id, kind, at, charge, facts, ceiling };
  return overrun === undefined ? step : { ...step, overrun };
}
