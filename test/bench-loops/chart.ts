/** The chart: for each rule, how many loops it finds and how many of its alarms are right. */
import { View, parse } from "vega";
import { type TopLevelSpec, compile } from "vega-lite";
import type { Section } from "./table.ts";

const OURS = "#3b82f6";
const OTHERS = "#8b95a1";
const TEXT = "#788290";
const AXIS = { labelColor: TEXT, titleColor: TEXT, gridColor: TEXT, gridOpacity: 0.25 } as const;

/** An SVG without a background, in colours that are read on white and on black. */
export async function chart(sections: readonly Section[]): Promise<string> {
  const values = sections.flatMap(({ title, rows }) =>
    rows
      .filter(({ contestant }) => !contestant.hearsUser)
      .flatMap(({ contestant: { name, isOurs }, standing: { all } }) =>
        (["precision", "recall"] as const).map((what) => ({
          title,
          name,
          what: what === "precision" ? "of its stops are right" : "of the loops are found",
          share: Number.isFinite(all[what]) ? 100 * all[what] : 0,
          colour: isOurs ? OURS : OTHERS,
        })),
      ),
  );
  const spec: TopLevelSpec = {
    $schema: "https://vega.github.io/schema/vega-lite/v6.json",
    description: "Precision and recall of each rule; docs/loops.md has the numbers.",
    background: "transparent",
    padding: 8,
    config: {
      font: "system-ui, -apple-system, Segoe UI, Helvetica, Arial, sans-serif",
      view: { stroke: null },
      axis: AXIS,
      header: { labelColor: TEXT, titleColor: TEXT, labelFontSize: 12, labelFontWeight: "bold" },
    },
    data: { values },
    facet: {
      row: {
        field: "title",
        type: "nominal",
        sort: sections.map(({ title }) => title),
        title: null,
        header: { labelAngle: 0, labelAlign: "left", labelOrient: "top", labelAnchor: "start" },
      },
      column: { field: "what", type: "nominal", sort: null, title: null },
    },
    spec: {
      width: 190,
      height: { step: 20 },
      encoding: {
        y: {
          field: "name",
          type: "nominal",
          sort: null,
          title: null,
          axis: { domain: false, ticks: false, labelLimit: 0 },
        },
        x: { field: "share", type: "quantitative", axis: null, scale: { domain: [0, 100] } },
      },
      layer: [
        {
          mark: { type: "bar", cornerRadiusEnd: 3, height: { band: 0.7 } },
          encoding: { color: { field: "colour", type: "nominal", scale: null } },
        },
        {
          mark: { type: "text", align: "left", dx: 5, fontSize: 11, color: TEXT },
          encoding: { text: { field: "share", type: "quantitative", format: ".0f" } },
        },
      ],
    },
  };
  const view = new View(parse(compile(spec).spec), { renderer: "none" });
  const svg = await view.toSVG();
  view.finalize();
  return svg;
}
