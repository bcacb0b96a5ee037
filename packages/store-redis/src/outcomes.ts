/** What came of reserves and of endings, in the contract's words. */
import type {
  Charge,
  ReserveReply,
  ReserveRequest,
  SettleReply,
} from "@assistants-budget/core/store";
import type { Outcome } from "./batches.ts";
import type { KeptHold } from "./kept-hold.ts";
import { type Charged, betterLine, stepLine } from "./lines.ts";
import { int, list, own, text } from "./replies.ts";
import { settingsOf } from "./settings.ts";
import { ownStatesOf, statesOf } from "./window-states.ts";

export function reserved({ reply, now }: Outcome, request: ReserveRequest): ReserveReply {
  const [kind, a, b, windows, more, noticed] = reply;
  switch (kind) {
    case "held":
      return {
        kind: "held",
        outputTokens: int(a),
        windows: statesOf(request.claims, windows, more),
        now,
        expiresAt: int(b),
      };
    case "again": {
      const states = ownStatesOf(windows, more);
      return { kind: "held", outputTokens: int(a), windows: states, now, expiresAt: int(b) };
    }
    case "refused":
      return {
        kind: "refused",
        windows: statesOf(request.claims, windows, more),
        refused: list(a).map(int),
        fits: list(b).map(int),
        now,
        ...(noticed === 1 ? { noticed: true } : {}),
      };
    case "settings": {
      const changed = list(a).map(list);
      const settings = changed.map(([i, said]) => settingsOf(at(request.subjects, int(i)), said));
      return { kind: "settings", settings, now };
    }
    case "stale":
      return { kind: "stale", now };
    case "ended":
      return { kind: "ended", now };
    default:
      throw new RangeError(`What hold ${request.hold} takes can't be counted exactly.`);
  }
}

export function ended(
  { reply, now }: Outcome,
  charge: Charge | undefined,
  known: KeptHold | undefined,
): SettleReply {
  const [kind, ...rest] = reply;
  switch (kind) {
    case "settled": {
      const [line, ceiling, user, kept, windows, more, noticed] = rest;
      if (!charge) throw new TypeError("a release was answered as a charge");
      return {
        kind,
        line: stepLine(line, {
          ceiling,
          user: text(user),
          kept: known ?? own<KeptHold>(kept),
          charge,
          at: now,
        }),
        windows: ownStatesOf(windows, more),
        ...(noticed === 1 ? { noticed: true } : {}),
      };
    }
    case "corrected": {
      const [first, ceiling, user, kept, assumed, before, line, windows, more, noticed] = rest;
      if (!charge) throw new TypeError("a release was answered as a charge");
      const was = {
        ceiling,
        user: text(user),
        kept: own<KeptHold>(kept),
        charge: own<Charge>(assumed),
        at: before,
      };
      return {
        kind: "settled",
        line: betterLine(line, stepLine(first, was), { charge, at: now }),
        windows: ownStatesOf(windows, more),
        ...(noticed === 1 ? { noticed: true } : {}),
      };
    }
    case "released":
      return { kind, windows: ownStatesOf(rest[0], rest[1]) };
    case "already": {
      if (rest.length === 0) return { kind };
      const [line, ceiling, user, kept, paid, before] = rest;
      const was: Charged = {
        ceiling,
        user: text(user),
        kept: own<KeptHold>(kept),
        charge: own<Charge>(paid),
        at: before,
      };
      return { kind, line: stepLine(line, was) };
    }
    default:
      return { kind: "unknown" };
  }
}

function at<T>(all: readonly T[], index: number): T {
  const one = all[index];
  if (one === undefined) throw new TypeError(`Redis answered of one more than was asked for`);
  return one;
}
