/** Tables and bars for an 80-column terminal. */
import { bar } from "../../examples/demo/print/bar.ts";
import { clip, heading, paint, print, say } from "../../examples/demo/print/screen.ts";
import type { Group, Row, Scenario } from "./bench.ts";
import { better, figure, found, times, verdict, wanted } from "./figures.ts";

const NAME = 40;
const BAR = 13;

export function printTitle({ title, about }: Scenario): void {
  heading(title);
  say(about, "dim");
}

export function printGroup(group: Group): void {
  const { title, unit, base, rows, goals } = group;
  print();
  const columns = numbers(unit, base === undefined ? "" : "ratio");
  print(`  ${clip(title, NAME)}${paint("dim", columns.trimEnd())}`);
  const most = Math.max(...rows.map(({ value }) => value));
  for (const row of rows) print(`  ${line(row, most)}`.trimEnd());
  const against = base === undefined ? "" : `; ratio: against ${base}`;
  print(paint("dim", `  ${better(unit)} is better${against}`));
  for (const goal of goals) {
    const word = verdict(goal);
    const colour = word === "met" ? "green" : "yellow";
    say(`Goal: ${wanted(goal)}. Found ${found(goal)}: ${word}.`, colour);
  }
}

function numbers(value: string, ratio: string): string {
  return `${value.padStart(11)}${ratio.padStart(10)}`;
}

function line({ name, value, ratio, isOurs }: Row, most: number): string {
  const length = bar((value / most) * BAR || 0, BAR).padEnd(BAR);
  const against = ratio === undefined ? "" : times(ratio);
  const text = `${clip(name, NAME)}${numbers(figure(value), against)}  `;
  const shown = isOurs ? paint("bold", text) + paint("cyan", length) : text + length;
  return shown;
}
