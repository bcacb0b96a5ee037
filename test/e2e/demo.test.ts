/** `demo --once`, as it runs on a fresh clone. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { stripVTControlCharacters } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const ROOT = join(import.meta.dirname, "../..");

let folder: string;
let code: number | null;
let lines: readonly string[];
let errors = "";

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "assistants-budget-test-"));
  const { OPENAI_API_KEY: _, ...env } = process.env;
  const child = spawn(process.execPath, ["examples/demo/main.ts", "--once"], {
    cwd: ROOT,
    env: { ...env, TMPDIR: folder, NO_COLOR: "1" },
  });
  let text = "";
  child.stdout.on("data", (data: Buffer) => (text += data.toString()));
  child.stderr.on("data", (data: Buffer) => (errors += data.toString()));
  [code] = (await once(child, "close")) as [number | null];
  lines = text.split("\n");
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe("demo --once", () => {
  it("ends by itself, without a complaint", () => {
    expect({ code, errors }).toEqual({ code: 0, errors: "" });
  });

  it("is what `pnpm demo` runs", async () => {
    const { scripts } = JSON.parse(await readFile(join(ROOT, "package.json"), "utf8"));
    expect(scripts.demo).toBe("node examples/demo/main.ts");
  });

  it("shows turns that cost more and more", () => {
    const costs = lines.flatMap((line) => /tokens sent +\$(\S+) +█/.exec(line)?.[1] ?? []);
    expect(costs.length).toBeGreaterThan(3);
    expect(costs).toEqual(costs.toSorted((a, b) => Number(a) - Number(b)));
  });

  it("lets some of twenty requests through, and refuses the others whose money is not there", () => {
    const count = (what: RegExp) =>
      lines.flatMap((line) => (what.test(line) ? [Number.parseInt(line, 10)] : [])).at(-1) ?? 0;
    const answered = count(/█ *.*answered$/);
    const refused = count(/refused: 402 budget_exceeded$/);
    expect(answered).toBeGreaterThan(0);
    expect(answered + refused).toBe(20);
    expect(lines.join("\n")).toMatch(/One more would have had to set aside .*it does not fit\./);
  });

  it("never spends more than the cap", () => {
    const all = lines.flatMap((line) => /spent \$(\S+) of \$(\S+),/.exec(line)?.slice(1, 3) ?? []);
    expect(all).toHaveLength(2);
    expect(Number(all[0])).toBeLessThanOrEqual(Number(all[1]));
  });

  it("prints the 402 whole", () => {
    const at = lines.indexOf("  HTTP/1.1 402 Payment Required");
    expect(at).toBeGreaterThan(0);
    const answer = lines.slice(at);
    expect(answer).toContain("  Content-Type: application/problem+json; charset=utf-8");
    expect(answer).toContain('    "code": "budget_exceeded",');
  });

  it("finds ledger and invoice equal", () => {
    expect(lines).toContain("  = Ledger and invoice are equal to the nano-dollar, line by line.");
  });

  it("fits into 80 columns, in plain text where nobody asked for colour", () => {
    expect(lines.filter((line) => line.length > 80)).toEqual([]);
    expect(lines.map(stripVTControlCharacters)).toEqual(lines);
  });
});
