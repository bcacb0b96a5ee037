/** How well a rule finds the loops in labelled traces. */
import type { Contestant, Rule } from "./contestants.ts";
import { folds } from "./folds.ts";
import type { RunSet, Thread, Trace } from "./traces.ts";

/** A stop so many calls before the labelled start is still meant for the loop. */
const EARLY = 3;

/** Shares are of 1; NaN where there is nothing to divide by. */
export interface Score {
  readonly precision: number;
  readonly recall: number;
  /** Calls made after a careful human would have stopped the run, a mean over all loops. */
  readonly wasted: number;
  /** Runs without a loop in which it says something; of these, the ones that went well. */
  readonly falseAlarms: number;
  readonly falseAlarmsInGood: number;
  readonly clean: number;
  readonly loops: number;
}

export interface Standing {
  readonly all: Score;
  /** The worst of five folds, figure by figure. */
  readonly worst: Score;
}

export type Level = "warn" | "stop";

interface Outcome {
  readonly loop: "yes" | "no";
  readonly isGood: boolean;
  /** `early`: it spoke, but long before the loop. */
  readonly said: "hit" | "early" | "missed" | "silent" | "alarm";
  readonly wasted: number;
}

export function standing(set: RunSet, contestant: Contestant, level: Level = "stop"): Standing {
  const judge = (traces: readonly Trace[]) =>
    scoreOf(traces.flatMap((trace) => outcome(trace, contestant, level) ?? []));
  return { all: judge(set.traces), worst: worstOf(folds(set.traces).map(judge)) };
}

export function threadStanding(threads: readonly Thread[], contestant: Contestant): Standing {
  const judge = (some: readonly Thread[]) =>
    scoreOf(some.flatMap((thread) => threadOutcome(thread, contestant) ?? []));
  return { all: judge(threads), worst: worstOf(folds(threads).map(judge)) };
}

function speaks(said: ReturnType<Rule["record"]>, level: Level): boolean {
  if (said === null || said === false) return false;
  return said === true || level === "warn" || said.action === "stop";
}

function firstSaid({ calls }: Trace, contestant: Contestant, level: Level): number {
  const rule = contestant.create();
  let seg: number | undefined;
  return calls.findIndex((call) => {
    if (contestant.hearsUser && seg !== undefined && call.seg !== seg) rule.userTurn?.();
    seg = call.seg;
    return speaks(rule.record(call), level);
  });
}

function outcome(trace: Trace, contestant: Contestant, level: Level): Outcome | undefined {
  const { label } = trace;
  if (label.loop === "borderline") return undefined;
  const at = firstSaid(trace, contestant, level);
  const isGood = trace.success === true;
  if (label.loop !== "yes")
    return { loop: "no", isGood, said: at < 0 ? "silent" : "alarm", wasted: 0 };
  const { start, stop, end } = label;
  if (at >= 0 && at < start - EARLY) return { loop: "yes", isGood, said: "early", wasted: 0 };
  if (at < 0 || at > end) return { loop: "yes", isGood, said: "missed", wasted: end - stop };
  return { loop: "yes", isGood, said: "hit", wasted: Math.max(0, at - stop) };
}

function threadOutcome({ label, runs }: Thread, contestant: Contestant): Outcome | undefined {
  if (label.loop === "borderline") return undefined;
  let rule = contestant.create();
  let last: "ok" | "failed" | undefined;
  const at = runs.findIndex(({ success, calls }) => {
    if (last !== undefined && rule.nextRun !== undefined) rule.nextRun(last);
    else if (last !== undefined) rule = contestant.create();
    last = success ? "ok" : "failed";
    return calls.some((call) => speaks(rule.record(call), "stop"));
  });
  const { startRun = 0, stopRun = 0 } = label;
  if (label.loop === "no") {
    return { loop: "no", isGood: true, said: at < 0 ? "silent" : "alarm", wasted: 0 };
  }
  const said = at < 0 ? "missed" : at > startRun ? "hit" : "early";
  return {
    loop: "yes",
    isGood: false,
    said,
    wasted: Math.max(0, (at < 0 ? runs.length : at) - stopRun),
  };
}

function scoreOf(outcomes: readonly Outcome[]): Score {
  const count = (is: (one: Outcome) => boolean) => outcomes.filter(is).length;
  const hits = count(({ said }) => said === "hit");
  const alarms = count(({ said }) => said === "alarm");
  const loops = count(({ loop }) => loop === "yes");
  return {
    precision: hits / (hits + alarms + count(({ said }) => said === "early")),
    recall: hits / loops,
    wasted: outcomes.reduce((sum, { wasted }) => sum + wasted, 0) / loops,
    falseAlarms: alarms,
    falseAlarmsInGood: count(({ said, isGood }) => said === "alarm" && isGood),
    clean: outcomes.length - loops,
    loops,
  };
}

function worstOf(scores: readonly Score[]): Score {
  const of = (key: keyof Score) => scores.map((score) => score[key]).filter(Number.isFinite);
  return {
    precision: Math.min(...of("precision")),
    recall: Math.min(...of("recall")),
    wasted: Math.max(...of("wasted")),
    falseAlarms: Math.max(...of("falseAlarms")),
    falseAlarmsInGood: Math.max(...of("falseAlarmsInGood")),
    clean: Math.min(...of("clean")),
    loops: Math.min(...of("loops")),
  };
}
