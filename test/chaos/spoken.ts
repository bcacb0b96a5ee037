/** What operators have said so far, and what has been charged so far, as the ledger's lines tell it in their order. */
import type { ActLine, LedgerLine, StepLine } from "@assistants-budget/core";
import { type KnownWindow, periodOf } from "./windows.ts";

type Limits = Extract<ActLine["act"], { kind: "limits" }>["limits"];

export interface Spoken {
  /** One more line; they are counted from 0. */
  take(line: LedgerLine): void;
  /** The user that a name stands for by now. */
  readonly userOf: (name: string) => string;
  /** What was charged for a hold. */
  chargeOf(hold: string): StepLine | undefined;
  /** The highest limit that was in force of a window, from the line with this number on: nano-dollars. */
  highest(window: KnownWindow, from: number): number;
}

export function spoken(lines: readonly LedgerLine[] = []): Spoken {
  let taken = 0;
  const aliases = new Map<string, string>();
  const charges = new Map<string, StepLine>();
  /** By scope and subject: each of its limits with the number of the line that set them. */
  const limits = new Map<string, { readonly from: number; readonly limits: Limits }[]>();

  function userOf(name: string): string {
    const into = aliases.get(name);
    return into === undefined ? name : userOf(into);
  }

  function keyOf(scope: string, subject: string): string {
    return `${scope}|${scope === "user" ? userOf(subject) : subject}`;
  }

  function hear({ act }: ActLine): void {
    switch (act.kind) {
      case "limits": {
        const key = keyOf(act.scope, act.subject);
        limits.set(key, [...(limits.get(key) ?? []), { from: taken, limits: act.limits }]);
        return;
      }
      case "merge":
        aliases.set(act.subject, userOf(act.into));
        return;
      case "credit":
      case "adjustment":
      case "freeze":
      case "unfreeze":
      case "forget":
    }
  }

  function take(line: LedgerLine): void {
    if (line.kind === "charge") charges.set(line.hold, line);
    else if ("act" in line) hear(line);
    taken += 1;
  }

  for (const line of lines) take(line);
  return {
    take,
    userOf,
    chargeOf: (hold) => charges.get(hold),
    highest: (window, from) => {
      const all = limits.get(keyOf(window.at.scope, window.at.subject)) ?? [];
      const before = all.findLast((one) => one.from < from);
      const since = all.filter((one) => one.from >= from);
      const inForce = [before?.limits ?? null, ...since.map((one) => one.limits)];
      return Math.max(...inForce.map((one) => limitIn(one, window)));
    },
  };
}

function limitIn(limits: Limits | undefined, { at, limit }: KnownWindow): number {
  if (limits === "unlimited") return Infinity;
  const own = (limits ?? []).find((text) => text.endsWith(`/${periodOf(at)}`));
  return own === undefined ? limit : Math.round(Number(/[\d.]+/.exec(own)?.[0]) * 1e9);
}
