/** What the compiler knows. `tsc -b` compiles this file: a line that should fail and does not is an error. */
import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { Hono } from "hono";
import { expect, expectTypeOf, onTestFinished, test } from "vitest";
import {
  type Assistants,
  type BudgetEnv,
  type HonoOptions,
  assistantsBudget,
  memory,
} from "../src/index.ts";

const store = memory();

test("`c.var.assistants` is typed in the chain behind the budget", () => {
  new Hono().use(assistantsBudget({ store })).post("/chat", async (c) => {
    expectTypeOf(c.var.assistants).toEqualTypeOf<Assistants>();
    expectTypeOf(c.get("assistants")).toEqualTypeOf<Assistants>();
    const run = await c.var.assistants.run({ input: "Hi" });
    return c.json({ reply: run.text });
  });
});

test("`c.var.assistants` is typed behind a policy or a guard on the same route", () => {
  const budget = assistantsBudget({ store });
  new Hono()
    .post("/policy", budget.policy({ maxSteps: 1 }), (c) => {
      expectTypeOf(c.var.assistants).toEqualTypeOf<Assistants>();
      return c.body(null);
    })
    .post("/guard", budget.guard(), (c) => {
      expectTypeOf(c.var.assistants).toEqualTypeOf<Assistants>();
      return c.body(null);
    })
    .get("/me/budget", budget.balances());
});

test("`c.var.assistants` is typed in an app of `BudgetEnv`, also beside its own variables", () => {
  const app = new Hono<BudgetEnv>();
  app.use(assistantsBudget({ store }));
  app.post("/chat", (c) => {
    expectTypeOf(c.var.assistants).toEqualTypeOf<Assistants>();
    return c.body(null);
  });
  const wider = new Hono<{ Variables: BudgetEnv["Variables"] & { user: { id: string } } }>();
  wider.use(assistantsBudget({ store, identify: (c) => c.get("user").id }));
  wider.post("/chat", (c) => c.text(c.var.user.id));
});

test("without any of these it is not", () => {
  const app = new Hono();
  app.use(assistantsBudget({ store }));
  app.post("/chat", (c) => {
    // @ts-expect-error -- Hono knows what its own chain has set
    expectTypeOf(c.var.assistants).toEqualTypeOf<Assistants>();
    return c.body(null);
  });
});

test("a store is required; a wrong limit does not compile", () => {
  const right: HonoOptions = { store, limits: { user: ["$1/day", "500k tokens/month"] } };
  // @ts-expect-error -- there is no default store
  const noStore: HonoOptions = { limits: { user: "$1/day" } };
  // @ts-expect-error -- a currency is missing
  const noCurrency: HonoOptions = { store, limits: { user: "1/day" } };
  // @ts-expect-error -- there is no such option
  const noOption: HonoOptions = { store, limit: {} };
  for (const one of [right, noStore, noCurrency, noOption])
    expectTypeOf(one).toEqualTypeOf<HonoOptions>();
});

test("without a store: one clear error where the budget is made", () => {
  const message =
    /store: found none; .*redis\(client\).*postgres\(pool\).*sqlite\(\{ path \}\).*memory\(\)/;
  for (const options of [{}, undefined, { store: undefined }])
    expect(() => assistantsBudget(options as never)).toThrow(
      expect.objectContaining({ code: "invalid_options", message: expect.stringMatching(message) }),
    );
});

/** A program of its own, because the import is for the whole program. */
test(
  "`import '@assistants-budget/hono/global'` types it everywhere",
  { timeout: 60_000 },
  async () => {
    const folder = await mkdtemp(join(import.meta.dirname, "../node_modules/.types-"));
    onTestFinished(() => rm(folder, { recursive: true }));
    const app = `import { Hono } from "hono";
import { assistantsBudget, memory } from "../../src/index.ts";
const app = new Hono();
app.use(assistantsBudget({ store: memory() }));
app.post("/chat", async (c) => c.text((await c.var.assistants.run({ input: "Hi" })).text));
`;
    const base = join(import.meta.dirname, "../../../tsconfig.base.json");
    const compilerOptions = {
      composite: false,
      declarationMap: false,
      isolatedDeclarations: false,
      noEmit: true,
      allowImportingTsExtensions: true,
      rootDir: "../../../..",
    };
    const compile = async (program: string) => {
      await writeFile(join(folder, "app.ts"), program);
      await writeFile(
        join(folder, "tsconfig.json"),
        JSON.stringify({ extends: base, compilerOptions, files: ["app.ts"] }),
      );
      const tsc = join(import.meta.dirname, "../../../node_modules/.bin/tsc");
      return promisify(execFile)(tsc, ["-p", folder]).then(
        () => "compiles",
        ({ stdout }: { stdout: string }) => stdout,
      );
    };
    expect(await compile(app)).toMatch(/app\.ts\(5,.*'assistants' does not exist/);
    expect(await compile(`import "../../src/global.ts";\n${app}`)).toBe("compiles");
  },
);
