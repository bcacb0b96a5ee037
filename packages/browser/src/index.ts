/** `@assistants-budget/browser`: reads the refusals of a budgeted app, in its front end. No dependency. */
export { BUDGET_CODES } from "./budget-problem.ts";
export type { BudgetCode, BudgetProblem, RefusedBy } from "./budget-problem.ts";
export { parseBudgetError } from "./parse-budget-error.ts";
