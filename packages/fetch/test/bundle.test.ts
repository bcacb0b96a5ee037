/** Where Node's built-ins are missing: the package, core and the openai SDK in one file. */
import { join } from "node:path";
import { build } from "esbuild";
import { expect, test } from "vitest";

test("bundled as Wrangler does it, no import is left", { timeout: 60_000 }, async () => {
  const { metafile } = await build({
    entryPoints: [join(import.meta.dirname, "../src/index.ts")],
    bundle: true,
    format: "esm",
    platform: "neutral",
    conditions: ["workerd", "worker", "browser"],
    mainFields: ["browser", "module", "main"],
    write: false,
    metafile: true,
    logLevel: "silent",
  });
  expect(Object.values(metafile.outputs).flatMap(({ imports }) => imports)).toEqual([]);
});
