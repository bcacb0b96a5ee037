/** The app's log is the app's: what goes wrong in it must not stand between a call and its charge. */
import { expect, onTestFinished, test } from "vitest";
import { books, budgetError, start } from "../running-budget.ts";

function failing(): void {
  throw new Error("the log's transport is closed");
}
const rejecting = (): void => Promise.reject(new Error("the log's service is away")) as never;

test.for([
  ["throws", failing],
  ["rejects", rejecting],
] as const)("a log that %s: the charge stands, nothing is held", async ([, log]) => {
  const unhandled: unknown[] = [];
  const note = (reason: unknown) => void unhandled.push(reason);
  process.on("unhandledRejection", note);
  onTestFinished(() => void process.off("unhandledRejection", note));
  const running = await start({
    log: { info: log, warn: log, error: log },
    simulator: { faults: [{ kind: "server_error" }] },
  });
  const error = await budgetError(running.alice.run({ input: "Hello" }));
  expect(error.code).toBe("provider_unreachable");
  const { lines, held } = await books(running);
  expect(lines.map(({ charge }) => charge.known)).toEqual(["assumed"]);
  expect(held).toBe(0);
  await new Promise((resolve) => setTimeout(resolve, 20));
  expect(unhandled).toEqual([]);
  expect((await running.alice.run({ input: "Hello" })).status).toBe("completed");
});
