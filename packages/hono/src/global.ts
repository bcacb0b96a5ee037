/** `import "@assistants-budget/hono/global"`: `c.var.assistants` is typed in every Hono app of the program. */
import type { BudgetEnv } from "./hono.ts";

declare module "hono" {
  interface ContextVariableMap {
    assistants: BudgetEnv["Variables"]["assistants"];
  }
}
