/** Refusals as Hono knows them. */
import { BudgetError } from "@assistants-budget/core";
import { HTTPException } from "hono/http-exception";

/** A finished answer, from which a response can be made as often as one is asked for. */
export interface Made {
  readonly body: string;
  readonly init: ResponseInit;
}

/** The prototype of refusals that are `HTTPException`s; what tells a refusal is its own. */
const REFUSAL: object = Object.create(
  HTTPException.prototype,
  Object.getOwnPropertyDescriptors(BudgetError.prototype),
);

/** Makes an `HTTPException` of a refusal: its `res` is the answer, made where it is first asked for. */
export function asException(error: BudgetError, answer: () => Made): void {
  let made: Made | undefined;
  const getResponse = (): Response => {
    made ??= answer();
    return new Response(made.body, made.init);
  };
  Object.setPrototypeOf(error, REFUSAL);
  Object.defineProperties(error, {
    // Of its own, because the openai SDK gives its errors another prototype.
    getResponse: { value: getResponse, configurable: true },
    res: { get: getResponse, configurable: true },
  });
}
