import { type BudgetError, isBudgetError, toProblem } from "@assistants-budget/core";
import { HttpException } from "@nestjs/common";

/** A refusal as Nest's filters know it: an app's own, for `HttpException`, are asked first. */
export class BudgetRefusal extends HttpException {
  constructor(error: BudgetError) {
    super(toProblem(error), error.status, { cause: error });
  }
}

export function refusalOf(error: unknown): unknown {
  return isBudgetError(error) ? new BudgetRefusal(error) : error;
}
