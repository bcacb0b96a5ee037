/** `limits` as a function of the subject: whoever it is asked about, the step counts under. */
import { expect, test } from "vitest";
import { budgetError, start } from "./running-budget.ts";

const HELLO = { input: "Hello" } as const;

function writes(subject: { readonly user: string }) {
  Object.assign(subject, { tenant: "shop" });
  return { user: "$1/day", tenant: "1 run/day" } as const;
}

test("a function that writes on its subject is refused: nothing would count under what it wrote", async () => {
  const { budget, alice, simulator } = await start({ limits: writes });
  await budget.ready();
  expect(await budgetError(alice.run(HELLO))).toMatchObject({ code: "invalid_options" });
  const call = { model: "gpt-4o-mini", input: "Hello" };
  await expect(alice.client.responses.create(call)).rejects.toThrow(/limits\(subject\): it threw/);
  expect(simulator.requests()).toEqual([]);
});

test("a subject that changes afterwards stays who it was: one user never spends by another's plan", async () => {
  const asked: string[] = [];
  const { budget } = await start({
    limits: ({ user }) => {
      asked.push(user);
      return { user: user === "bob" ? "unlimited" : "0 runs/day" };
    },
  });
  const subject = { user: "alice" };
  const assistants = budget.for(subject);
  subject.user = "bob";
  expect(await budgetError(assistants.run(HELLO))).toMatchObject({ status: 402 });
  expect(new Set(asked)).toEqual(new Set(["alice"]));
});
