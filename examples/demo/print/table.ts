/** Tables without frames: a head, a rule under it, rows. */
import Table from "cli-table3";
import { paint, print } from "./screen.ts";

const NO_FRAME = {
  top: "",
  "top-mid": "",
  "top-left": "",
  "top-right": "",
  bottom: "",
  "bottom-mid": "",
  "bottom-left": "",
  "bottom-right": "",
  left: "",
  "left-mid": "",
  mid: "",
  "mid-mid": "",
  right: "",
  "right-mid": "",
  middle: "  ",
} as const;

/** A column: its head, and `true` where it is right-aligned, as numbers are. */
export type Column = readonly [head: string, isNumber?: boolean];

export function printTable(columns: readonly Column[], rows: readonly (readonly string[])[]): void {
  const table = new Table({
    chars: NO_FRAME,
    head: columns.map(([head]) => paint("dim", head)),
    colAligns: columns.map(([, isNumber]) => (isNumber ? "right" : "left")),
    style: { head: [], border: [], "padding-left": 0, "padding-right": 0 },
  });
  table.push(...rows.map((row) => [...row]));
  for (const line of table.toString().split("\n")) print(`  ${line.trimEnd()}`);
}
