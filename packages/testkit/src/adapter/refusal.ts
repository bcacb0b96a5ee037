/** The shape that every refusal has, whatever the framework. */
import assert from "node:assert/strict";
import { objectAt, textAt } from "./json.ts";

/** A refusal's body, as a client reads it. */
type Problem = Readonly<Record<string, unknown>>;

export interface Expected {
  readonly code: string;
  readonly status: number;
  /** Seconds in `Retry-After`: none, at most so many, or either. */
  readonly retryAfter?: "none" | "either" | number;
}

/** Asserts that a response is this refusal, whole, and gives back its body. */
export async function refusal(response: Response, expected: Expected): Promise<Problem> {
  const text = await response.text();
  const { status, headers } = response;
  assert.equal(
    status,
    expected.status,
    `expected ${expected.status}, found ${status}: ${text.slice(0, 300)}`,
  );
  assert.equal(headers.get("content-type"), "application/problem+json; charset=utf-8");
  assert.equal(headers.get("cache-control"), "no-store");
  assert.match(headers.get("vary") ?? "", /\baccept\b/i, "Vary");
  waits(headers.get("retry-after"), expected.retryAfter ?? "none");
  const problem = problemIn(text, expected);
  assert.equal(
    headers.get("x-should-retry"),
    problem["retryable"] === true ? null : "false",
    "X-Should-Retry",
  );
  // A cap is not an offer to sell: agents that pay by themselves must not find one.
  for (const name of ["www-authenticate", "payment-required"])
    assert.equal(headers.get(name), null, name);
  return problem;
}

/** Asserts that a text is the body of this refusal: problem details and an OpenAI-shaped error at once. */
export function problemIn(text: string, { code, status }: Expected): Problem {
  const problem = objectAt(JSON.parse(text));
  const detail = textAt(problem, "detail");
  assert.equal(problem["code"], code);
  assert.equal(problem["type"], `urn:assistants-budget:error:${code}`);
  assert.equal(problem["status"], status);
  assert.notEqual(textAt(problem, "title"), "");
  assert.notEqual(detail, "");
  assert.equal(typeof problem["retryable"], "boolean");
  assert.deepEqual(problem["error"], { message: detail, type: code, code, param: null });
  assert.ok(!("stack" in problem) && !("message" in problem), "nothing for the developer");
  return problem;
}

function waits(header: string | null, expected: NonNullable<Expected["retryAfter"]>): void {
  if (expected === "either") return;
  if (expected === "none") return assert.equal(header, null, "Retry-After");
  assert.match(header ?? "", /^[1-9]\d*$/, "Retry-After");
  assert.ok(Number(header) <= expected, `Retry-After: ${header}, expected at most ${expected}`);
}
