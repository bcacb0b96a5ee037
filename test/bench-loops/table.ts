/** The figures as tables, for a terminal of 80 columns and for the page. */
import type { Contestant } from "./contestants.ts";
import type { Standing } from "./score.ts";

interface Row {
  readonly contestant: Contestant;
  readonly standing: Standing;
}

export interface Section {
  readonly title: string;
  readonly rows: readonly Row[];
}

const HEADS = ["precision %", "recall %", "wasted", "false alarms"] as const;
const WIDTHS = [15, 15, 12, 7] as const;

/** All of it, then the worst of five folds in brackets. */
function cells({ all, worst }: Standing): readonly string[] {
  return [
    `${percent(all.precision)} (${percent(worst.precision)})`,
    `${percent(all.recall)} (${percent(worst.recall)})`,
    `${calls(all.wasted)} (${calls(worst.wasted)})`,
    `${all.falseAlarms}`,
  ];
}

export function terminalTable({ title, rows }: Section): string {
  const { loops = 0, clean = 0 } = rows[0]?.standing.all ?? {};
  const heads = ["precision %", "recall %", "wasted", "alarms"];
  const head = heads.map((text, column) => text.padStart(WIDTHS[column] ?? 0)).join("");
  const lines = rows.map(({ contestant, standing }) => {
    const figures = cells(standing).map((text, column) => text.padStart(WIDTHS[column] ?? 0));
    return contestant.name.padEnd(31) + figures.join("");
  });
  return [`${title}: ${loops} loops, ${clean} runs without`, " ".repeat(31) + head, ...lines].join(
    "\n",
  );
}

export function pageTable({ title, rows }: Section): string {
  const { loops = 0, clean = 0 } = rows[0]?.standing.all ?? {};
  const lines = rows.map(({ contestant, standing }) => {
    const name = contestant.isOurs ? `**${contestant.name}**` : contestant.name;
    return `| ${name} | ${cells(standing).join(" | ")} |`;
  });
  const head = `| ${title}: ${loops} loops, ${clean} without | ${HEADS.join(" | ")} |`;
  return [head, "| --- | --: | --: | --: | --: |", ...lines].join("\n");
}

function percent(share: number): string {
  return Number.isFinite(share) ? (100 * share).toFixed(1) : "-";
}

function calls(count: number): string {
  return Number.isFinite(count) ? count.toFixed(1) : "-";
}
