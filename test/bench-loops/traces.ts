/** Labelled tool-call traces, from a folder that is not part of this repository. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import type { ToolCall } from "@assistants-budget/core";

interface TracedCall extends ToolCall {
  /** How many messages of the user came before, where that is known. */
  readonly seg?: number;
}

/** Is there a loop, and from which call to which; `stop`: with which a careful human would end it. */
type Label =
  | { readonly loop: "no" }
  | { readonly loop: "borderline" }
  | { readonly loop: "yes"; readonly start: number; readonly stop: number; readonly end: number };

export interface Trace {
  readonly task: string;
  readonly success: boolean | null;
  readonly calls: readonly TracedCall[];
  readonly label: Label;
}

interface ThreadLabel {
  readonly loop: "yes" | "no" | "borderline";
  readonly startRun?: number;
  readonly stopRun?: number;
}

export interface Thread {
  readonly task: string;
  readonly label: ThreadLabel;
  readonly runs: readonly { readonly success: boolean; readonly calls: readonly ToolCall[] }[];
}

/** Runs of agents that work for long; the other real ones are of ten calls at most. */
const AGENTS = new Set(["swe-agent", "tau-bench", "tau2-bench", "terminal-bench"]);

export interface RunSet {
  readonly title: string;
  readonly traces: readonly Trace[];
  /** Is this the set by which time is measured? */
  readonly isTimed?: boolean;
}

/** The sets of runs in the folder; those that are not there are left out. */
export function readRunSets(folder: string): readonly RunSet[] {
  const real = readRuns(folder, "traces", "labels");
  const agents = real.filter(({ source }) => AGENTS.has(source));
  const sets: readonly RunSet[] = [
    { title: "Runs of agents", traces: agents, isTimed: true },
    { title: "All real runs", traces: real },
    { title: "Synthetic", traces: readRuns(folder, "synthetic", "synthetic-labels") },
    {
      title: "Synthetic, hard",
      traces: readRuns(folder, "synthetic-hard", "synthetic-hard-labels"),
    },
  ];
  return sets.filter(({ traces }) => traces.length > 0);
}

/** The threads in the folder: runs one after another. */
export function readThreads(folder: string): readonly Thread[] {
  const stored = readLines(join(folder, "threads.jsonl.gz")) as readonly (Thread & {
    id: string;
  })[];
  return stored.map(({ id, label, runs }) => ({ task: id, label, runs }));
}

interface Stored extends Omit<Trace, "label"> {
  readonly id: string;
  readonly source: string;
}

function readRuns(
  folder: string,
  name: string,
  labelsName: string,
): readonly (Trace & { source: string })[] {
  const stored = readLines(join(folder, `${name}.jsonl.gz`)) as readonly Stored[];
  if (stored.length === 0) return [];
  const text = readFileSync(join(folder, `${labelsName}.json`), "utf8");
  const labels = JSON.parse(text) as Record<string, Label>;
  return stored.flatMap(({ id, ...trace }) => {
    const label = labels[id];
    return label === undefined ? [] : [{ ...trace, label }];
  });
}

function readLines(path: string): readonly unknown[] {
  if (!existsSync(path)) return [];
  const lines = gunzipSync(readFileSync(path)).toString("utf8").trim().split("\n");
  return lines.map((line) => JSON.parse(line) as unknown);
}
