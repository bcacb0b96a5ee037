/** What the documentation promises to be complete is complete, and what it shows is what comes. */
import { globSync } from "node:fs";
import { access, readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { ERROR_CODES, createBudget, memory } from "@assistants-budget/core";
import { createSimulator } from "@assistants-budget/simulator";
import { describe, expect, it } from "vitest";
import { type Problem, signInAs } from "../../examples/demo/shopper.ts";
import { spendElsewhere } from "../browser/chat.ts";
import { openDemoSite } from "../browser/demo-site.ts";
import { operate } from "./operator-page.ts";

const ROOT = join(import.meta.dirname, "../..");
const read = (path: string) => readFile(join(ROOT, path), "utf8");

const errors = await read("docs/errors.md");

/** The paragraph under a heading, to the next one. */
function section(heading: string): string {
  const [, after = ""] = errors.split(`\n### ${heading}\n`);
  return after.split(/\n##+ /)[0] ?? "";
}

/** The JSON in a text, with its values by name; a text stands for the type of each. */
function shape(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(shape);
  if (typeof value !== "object" || value === null) return value === null ? "null" : typeof value;
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, shape(one)]));
}

function jsonIn(text: string): unknown {
  return JSON.parse(/```json\n(.*?)```/s.exec(text)?.[1] ?? "");
}

/** The names of a type's members, as its source has them. */
async function optionsOf(name: string, path: string): Promise<readonly string[]> {
  const [, after = ""] = (await read(path)).split(
    new RegExp(`export (?:interface|type) ${name}\\b`),
  );
  const [body = ""] = after.split(/\n {0,2}\};?\n/);
  const names = [...body.matchAll(/^ +readonly (\w+)\??:/gm)].map(([, key = ""]) => key);
  expect(names, `options of ${name} in ${path}`).not.toEqual([]);
  return names;
}

describe("docs/errors.md", () => {
  it.each(ERROR_CODES)("has a paragraph for %s: when, and what to do", (code) => {
    expect(section(code)).toContain("When:**");
    expect(section(code)).toContain("**What to do:**");
  });

  it("has a paragraph for each warning of core's, and none for a code that does not exist", async () => {
    const sources = await Promise.all(
      globSync("packages/core/src/**/*.ts", { cwd: ROOT }).map(read),
    );
    const warnings = sources.flatMap((source) => source.match(/\bERR_AB_\w+/g) ?? []);
    const headings = [...errors.matchAll(/^### (\w+)$/gm)].map(([, code]) => code);
    expect(new Set(headings)).toEqual(new Set([...ERROR_CODES, ...warnings]));
  });

  it.each(["budget_exceeded", "budget_in_flight", "run_exceeds_budget"])(
    "shows a body of %s",
    (code) => {
      const body = jsonIn(section(code));
      expect(body).toMatchObject({ status: 402, code, error: { code } });
      const { detail, error } = body as { detail: string; error: { message: string } };
      expect(error.message).toBe(detail);
    },
  );
});

describe("the 402 of the README and of docs/errors.md", () => {
  it("is made like a real one", async () => {
    await using site = await openDemoSite("$0.018/day");
    await spendElsewhere(site.origin);
    const { status, headers, body } = await (await signInAs(site.origin, "bob")).say("Hello!");
    expect({ status, code: (body as Problem).code }).toEqual({
      status: 402,
      code: "budget_exceeded",
    });
    const readme = await read("README.md");
    expect(shape(jsonIn(readme))).toEqual(shape(body));
    expect(shape(jsonIn(section("budget_exceeded")))).toEqual(shape(body));
    const shown = /```http\nHTTP\/1\.1 402 Payment Required\n(.*?)```/s.exec(readme)?.[1] ?? "";
    // Seconds to midnight are others each time.
    const fixed = shown
      .split("\n")
      .filter((line) => line !== "" && !line.startsWith("Retry-After"));
    expect(fixed).toEqual(
      fixed.map((line) => `${line.split(":")[0]}: ${headers.get(line.split(":")[0] ?? "")}`),
    );
    expect(Number(headers.get("retry-after"))).toBeGreaterThan(0);
  });
});

describe("docs/options.md", () => {
  it("has a row for every option", async () => {
    const named = await Promise.all([
      optionsOf("BudgetOptions", "packages/core/src/options.ts"),
      optionsOf("PolicyOptions", "packages/core/src/options.ts"),
      optionsOf("HttpOptions", "packages/core/src/http/http-options.ts"),
      optionsOf("ExpressOptions", "packages/express/src/express.ts"),
      optionsOf("ModuleOptions", "packages/nestjs/src/budget-module.ts"),
      optionsOf("FetchOptions", "packages/fetch/src/fetch.ts"),
      optionsOf("RouteOptions", "packages/fetch/src/fetch.ts"),
      optionsOf("RunOptions", "packages/core/src/assistants-of.ts"),
      optionsOf("AssistantDefinition", "packages/core/src/assistants/assistant.ts"),
    ]);
    const docs = await read("docs/options.md");
    expect(named.flat().filter((key) => !docs.includes(`\`${key}\``))).toEqual([]);
  });
});

describe("docs/decisions.md", () => {
  it("has a reason for every dependency", async () => {
    const workspace = await read("pnpm-workspace.yaml");
    const catalog = /^catalog:\n((?: {2}.*\n)+)/m.exec(workspace)?.[1] ?? "";
    const names = [...catalog.matchAll(/^ {2}"?([^":]+)"?:/gm)].map(([, name = ""]) => name);
    expect(names.length).toBeGreaterThan(20);
    const decisions = await read("docs/decisions.md");
    const isMissing = (name: string) =>
      !name.startsWith("@types/") && !decisions.includes(`\`${name}\``);
    expect(names.filter(isMissing)).toEqual([]);
  });
});

describe("docs/operator.md", () => {
  it("shows what runs", async () => {
    const source = await read("test/e2e/operator-page.ts");
    const [, body = ""] = /Promise<void> \{\n(.*)\n\}/s.exec(source) ?? [];
    const shown = /```ts\n(.*?)```/s.exec(await read("docs/operator.md"))?.[1];
    expect(shown).toBe(`${body.replaceAll(/^ {2}/gm, "")}\n`);
    const simulator = await createSimulator();
    const limits = { tenant: "$1/day" } as const;
    const options = { store: memory(), baseURL: simulator.url, apiKey: "sk-test", limits };
    const budget = createBudget(options);
    const visitor = budget.for({ user: "visitor-7", tenant: "acme" });
    await visitor.run({ input: "Hello" });
    await operate(budget);
    const acts = await budget.operator.acts();
    expect(acts.map(({ kind }) => kind)).toEqual([
      "limits",
      "credit",
      "freeze",
      "unfreeze",
      "merge",
      "adjustment",
      "forget",
    ]);
    await budget.close();
    await simulator.close();
  });
});

describe("links", () => {
  it("lead somewhere", async () => {
    const files = globSync("{*.md,docs/*.md,packages/*/README.md,examples/*/README.md}", {
      cwd: ROOT,
    });
    const links = await Promise.all(
      files.map(async (file) =>
        [...(await read(file)).matchAll(/\]\((?!https?:)([^)#]+)/g)].map(([, target = ""]) =>
          join(dirname(file), target),
        ),
      ),
    );
    const targets = [...new Set(links.flat())];
    const found = await Promise.allSettled(targets.map((path) => access(join(ROOT, path))));
    const dead = targets.filter((_path, index) => found[index]?.status === "rejected");
    expect(dead).toEqual([]);
  });
});
