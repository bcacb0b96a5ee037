import { describe, expect, test } from "vitest";
import {
  BudgetError,
  ERROR_CODES,
  type ErrorCode,
  isBudgetError,
  toProblem,
} from "../src/index.ts";

describe("an error", () => {
  test.for(ERROR_CODES)("%s carries what every framework reads", (code) => {
    const error = new BudgetError(code as ErrorCode, { message: "Said to the developer." });
    expect(error).toBeInstanceOf(Error);
    expect(error.statusCode).toBe(error.status);
    expect(error.status).toBeGreaterThanOrEqual(400);
    expect(error.expose).toBe(error.status < 500);
    expect(error.headers["Cache-Control"]).toBe("no-store");
    // An SDK must not send a refusal again by itself.
    expect(error.headers["X-Should-Retry"]).toBe(error.retryable ? undefined : "false");
    expect(error.status).not.toBe(429);
    // What is the app's own business stays with it.
    expect(JSON.stringify(error).includes("developer")).toBe(error.status < 500);
  });

  test("as JSON it is the problem, which is an OpenAI-shaped error as well; no stack, no cause", () => {
    const error = new BudgetError("budget_exceeded", {
      message: "You have used it up.",
      members: { resets_at: null },
      cause: new Error("sk-secret"),
    });
    expect(JSON.parse(JSON.stringify(error))).toEqual({
      type: "urn:assistants-budget:error:budget_exceeded",
      title: "AI budget used up",
      status: 402,
      detail: "You have used it up.",
      code: "budget_exceeded",
      retryable: false,
      resets_at: null,
      error: {
        message: "You have used it up.",
        type: "budget_exceeded",
        code: "budget_exceeded",
        param: null,
      },
    });
    expect(toProblem(error)).toEqual(error.toJSON());
    expect(error.cause).toMatchObject({ message: "sk-secret" });
  });

  test.for([
    [0, "1"],
    [0.2, "1"],
    [1.01, "2"],
    [86_400, "86400"],
  ] as const)("waits are whole seconds, rounded up: %d is %s", ([retryAfter, header]) => {
    const error = new BudgetError("budget_in_flight", { message: "", retryAfter });
    expect(error.headers["Retry-After"]).toBe(header);
  });

  test("is recognised by its symbol, also from another copy of the package", () => {
    const other = Object.assign(new Error("x"), { [Symbol.for("assistants-budget.error")]: true });
    expect(isBudgetError(other)).toBe(true);
    expect(isBudgetError(new BudgetError("invalid_input", { message: "" }))).toBe(true);
    for (const value of [
      new Error("budget_exceeded"),
      { code: "budget_exceeded" },
      null,
      undefined,
      "x",
      402,
    ])
      expect(isBudgetError(value)).toBe(false);
  });

  test("nothing that a client can send is one", () => {
    const sent: unknown = JSON.parse('{"Symbol(assistants-budget.error)":true,"status":200}');
    expect(isBudgetError(sent)).toBe(false);
  });
});
