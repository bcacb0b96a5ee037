/** What a consumer installs: every public package is packed and its tarball inspected. */
import { execFileSync } from "node:child_process";
import {
  globSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { checkPackage, createPackageFromTarballData } from "@arethetypeswrong/core";
import { publint } from "publint";
import { afterAll, describe, expect, test } from "vitest";

const ROOT = join(import.meta.dirname, "../..");
const folder = mkdtempSync(join(tmpdir(), "packed-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const run = (...args: readonly string[]) =>
  execFileSync("pnpm", [...args], { cwd: ROOT, stdio: "pipe", encoding: "utf8" });

// Only the packages: the tests and examples of the root project go into no tarball.
const projects = globSync("packages/*/tsconfig.json", { cwd: ROOT });
run("exec", "tsc", "-b", ...projects);
run("--filter", "./packages/*", "-r", "pack", "--pack-destination", folder);
const tarballs = globSync("*.tgz", { cwd: folder });

test("every package of the workspace is packed", () => {
  expect(tarballs).toHaveLength(projects.length);
});

describe.each(tarballs)("%s", (name) => {
  // Copied, because `readFileSync` may hand out a slice of a shared pool.
  const tarball = new Uint8Array(readFileSync(join(folder, name)));

  test("publint finds nothing", async () => {
    const { messages } = await publint({ pack: { tarball: tarball.buffer }, strict: true });
    expect(messages).toEqual([]);
  });

  test("types resolve for ESM importers and bundlers", async () => {
    const result = await checkPackage(createPackageFromTarballData(tarball));
    const problems = result.types === false ? ["no types"] : result.problems;
    const esm = problems.filter(
      (problem) =>
        typeof problem === "string" ||
        !("resolutionKind" in problem && /node10|node16-cjs/.test(problem.resolutionKind)),
    );
    expect(esm).toEqual([]);
  });

  test("holds what is needed, and no tests", () => {
    const files = execFileSync("tar", ["-tzf", join(folder, name)], { encoding: "utf8" }).split(
      "\n",
    );
    expect(files).toContain("package/dist/index.js");
    expect(files).toContain("package/dist/index.d.ts");
    expect(files).toContain("package/src/index.ts");
    expect(files.filter((file) => /\/test\/|tsbuildinfo|\.env|node_modules/.test(file))).toEqual(
      [],
    );
    const manifest = execFileSync("tar", ["-xzOf", join(folder, name), "package/package.json"], {
      encoding: "utf8",
    });
    // The workspace's own protocols mean nothing to a consumer.
    expect(manifest).not.toMatch(/"(workspace|catalog):/);
    expect(JSON.parse(manifest)).toMatchObject({
      license: "MIT",
      type: "module",
      engines: { node: ">=22.18" },
    });
  });
});

/** The three packages that an Express app installs, unpacked; what they depend on comes from the workspace. */
function installed(): string {
  const app = join(folder, "app");
  for (const name of ["core", "express", "store-sqlite"]) {
    const target = join(app, "node_modules/@assistants-budget", name);
    mkdirSync(target, { recursive: true });
    const [tarball = ""] = globSync(`assistants-budget-${name}-[0-9]*.tgz`, { cwd: folder });
    execFileSync("tar", ["-xzf", join(folder, tarball), "-C", target, "--strip-components=1"]);
    for (const found of globSync("{*,@types/*}", {
      cwd: join(ROOT, "packages", name, "node_modules"),
    })) {
      const link = join(app, "node_modules", found);
      if (found.startsWith("@") && !found.includes("/")) continue;
      mkdirSync(dirname(link), { recursive: true });
      rmSync(link, { force: true });
      symlinkSync(realpathSync(join(ROOT, "packages", name, "node_modules", found)), link);
    }
  }
  writeFileSync(join(app, "package.json"), '{ "type": "module" }');
  return app;
}

const appWith = (limit: string) =>
  `import express from "express";
   import { assistantsBudget } from "@assistants-budget/express";
   const app = express();
   app.use(assistantsBudget({ limits: { user: "${limit}" } }));
   app.post("/chat", async (req, res) => {
     const run = await req.assistants.run({ input: "Hi" });
     const text: string = run.text;
     res.json({ text });
   });`;

describe("an app that has installed the tarballs", () => {
  const app = installed();
  const node = (file: string, source: string): string => {
    writeFileSync(join(app, file), source);
    return execFileSync(process.execPath, [file], { cwd: app, encoding: "utf8" });
  };

  const compile = (source: string): string => {
    writeFileSync(join(app, "app.ts"), source);
    const options = [
      "--noEmit",
      "--strict",
      "--module",
      "nodenext",
      "--target",
      "es2024",
      "--types",
      "node",
    ];
    try {
      const tsc = join(ROOT, "node_modules/typescript/bin/tsc");
      return execFileSync(process.execPath, [tsc, ...options, "app.ts"], {
        cwd: app,
        encoding: "utf8",
      });
    } catch (error) {
      return String((error as { stdout: unknown }).stdout);
    }
  };

  test("imports and uses them", () => {
    const said = node(
      "esm.mjs",
      `import express from "express";
       import { assistantsBudget, isBudgetError, memory } from "@assistants-budget/express";
       const budget = assistantsBudget({ store: memory(), apiKey: "sk-x", limits: { user: "$0/day" } });
       express().use(budget);
       const error = await budget.for({ user: "alice" }).run({ input: "Hi" }).catch((caught) => caught);
       console.log(isBudgetError(error), error.status, import.meta.resolve("@assistants-budget/core"));`,
    );
    expect(said).toMatch(/^true 402 file:.*core\/dist\/index\.js\n$/);
  });

  test("requires them from CommonJS", () => {
    const said = node(
      "cjs.cjs",
      `const { assistantsBudget, sqlite } = require("@assistants-budget/express");
       console.log(typeof assistantsBudget, typeof sqlite);`,
    );
    expect(said).toBe("function function\n");
  });

  test("compiles against their types, strictly; a wrong limit does not compile", () => {
    expect(compile(appWith("$1/day"))).toBe("");
    expect(compile(appWith("$1/fortnight"))).toContain("TS2322");
  });
});
