/** The bar chart: one small one a scenario, in colours that are read on white and on black. */
import { View, parse } from "vega";
import { type TopLevelSpec, compile } from "vega-lite";
import type { Group, Result } from "./bench.ts";
import { better, figure } from "./figures.ts";

const OURS = "#3b82f6";
const OTHERS = "#8b95a1";
const TEXT = "#788290";
const WIDTH = 420;
const NAMES = 280;
const STEP = 22;

/** An SVG without a background. */
export async function chart(results: readonly Result[]): Promise<string> {
  const charted = results.flatMap(({ scenario, groups }) =>
    groups.filter((group) => group.isCharted).map((group) => ({ title: scenario.title, group })),
  );
  const spec: TopLevelSpec = {
    $schema: "https://vega.github.io/schema/vega-lite/v6.json",
    description: "What each contestant did in each scenario; docs/benchmarks.md has the numbers.",
    background: "transparent",
    padding: 8,
    spacing: 28,
    config: {
      font: "system-ui, -apple-system, Segoe UI, Helvetica, Arial, sans-serif",
      view: { stroke: null },
      axis: { labelColor: TEXT, labelFontSize: 12 },
      title: { color: TEXT, subtitleColor: TEXT, anchor: "start", fontSize: 14, offset: 6 },
    },
    vconcat: charted.map(({ title, group }) => bars(title, group)),
  };
  const view = new View(parse(compile(spec).spec), { renderer: "none" });
  const svg = await view.toSVG();
  view.finalize();
  return svg;
}

type Part = Extract<TopLevelSpec, { vconcat: unknown }>["vconcat"][number];

function bars(title: string, { title: subtitle, unit, rows }: Group): Part {
  const values = rows.map(({ name, value, isOurs }) => ({
    name,
    value,
    shown: figure(value),
    colour: isOurs ? OURS : OTHERS,
  }));
  const y = { field: "name", type: "nominal", sort: null, title: null } as const;
  const axis = {
    domain: false,
    ticks: false,
    labelAlign: "left",
    labelLimit: 0,
    labelPadding: NAMES,
  } as const;
  const colour = { field: "colour", type: "nominal", scale: null } as const;
  const x = { field: "value", type: "quantitative", axis: null, scale: { nice: false } } as const;
  return {
    title: { text: title, subtitle: `${unit}, ${subtitle}; ${better(unit)} is better` },
    width: WIDTH,
    height: { step: STEP },
    data: { values },
    encoding: { y: { ...y, axis }, x },
    layer: [
      {
        mark: { type: "bar", cornerRadiusEnd: 3, height: { band: 0.7 } },
        encoding: { color: colour },
      },
      {
        mark: { type: "text", align: "left", dx: 6, fontSize: 12, color: TEXT },
        encoding: { text: { field: "shown" } },
      },
    ],
  };
}
