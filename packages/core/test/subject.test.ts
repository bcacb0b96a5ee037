/** Who spends: ids as they come from sign-ins, and from people who would like to be somebody else. */
import { describe, expect, test } from "vitest";
import { type Identity, subjectFrom, foundIn } from "../src/http/identity.ts";
import { budgetError, callsOf, start } from "./running-budget.ts";

describe("an id", () => {
  test.for<[string, unknown]>([
    ["undefined", undefined],
    ["null", null],
    ["empty", ""],
    ["white space", "  "],
    ["a number", 7],
    ["an object", { id: "alice" }],
    ["a list", ["alice"]],
    ["10 KB", "x".repeat(10_240)],
    ["a null byte", "alice\u0000"],
    ["a line break", "alice\nbob"],
    ["half a character", "alice\ud800"],
    ["the word undefined", "undefined"],
    ["the word null", "null"],
    ["NaN", "NaN"],
    ["an object as text", "[object Object]"],
  ])("that is none is refused with 401, and not shown: %s", async ([, user]) => {
    const { budget, simulator } = await start();
    const error = await budgetError(() => budget.for({ user } as never).run({ input: "Hi" }));
    expect(error).toMatchObject({ code: "identity_required", status: 401 });
    expect(error.detail).toBe("Sign in to use this.");
    expect(error.message.length).toBeLessThan(300);
    expect(callsOf(simulator).creates).toBe(0);
  });

  test.for([
    "alice",
    "auth0|5f7c8ec7c33c6c004bbafe82",
    "x".repeat(256),
    "ümlaut",
    "__proto__",
    "constructor",
    "%",
    "a:b|c",
  ])("%s is one, and counts by itself", async (user) => {
    const { budget } = await start({ limits: { user: "1 run/day" } });
    await budget.for({ user }).run({ input: "Hi" });
    expect((await budgetError(budget.for({ user }).run({ input: "Hi" }))).status).toBe(402);
    await budget.for({ user: `${user.slice(0, 250)}2` }).run({ input: "Hi" });
  });

  test("can't pose as a scope of ours: `app`, `run`, `thread` and `route` are not the caller's to name", async () => {
    const { budget } = await start({ limits: { user: "$1", app: "1 run/day" } });
    await budget.for({ user: "alice", app: "mine" }).run({ input: "Hi" });
    const error = await budgetError(
      budget.for({ user: "bob", app: "other", run: "r", thread: "t" }).run({ input: "Hi" }),
    );
    expect(error.code).toBe("app_budget_exhausted");
  });

  test("can't pose as another counter: subjects with separators in them do not mix", async () => {
    const { budget } = await start({ limits: { user: "1 run/day", tenant: "1 run/day" } });
    await budget.for({ user: "a|runs|day|b", tenant: "t" }).run({ input: "Hi" });
    const run = await budget.for({ user: "b", tenant: "u" }).run({ input: "Hi" });
    expect(run.status).toBe("completed");
  });
});

describe("what `identify` gives back", () => {
  test.for<[Identity | null | undefined, string | undefined]>([
    ["alice", "alice"],
    [7, "7"],
    ["7", "7"],
    [7n, "7"],
    [0, "0"],
    [{ id: 7 }, "7"],
    [{ id: "alice", user: "bob" }, "alice"],
    [null, undefined],
    [undefined, undefined],
    ["", undefined],
  ])("%o is %j", ([identity, user]) => {
    expect(subjectFrom(identity)?.user).toBe(user);
  });

  test("a limit that nobody can be counted by is refused, not forgotten; null says that there is none", async () => {
    const { budget } = await start({ limits: { tenant: "1 run/day" } });
    const error = await budgetError(budget.for({ user: "a" }).run({ input: "Hi" }));
    expect(error).toMatchObject({ code: "invalid_options", status: 500 });
    expect(error.message).toMatch(/^limits\.tenant: this request has no tenant/);
    const none = await budget.for({ user: "a", tenant: null }).run({ input: "Hi" });
    expect(none.status).toBe("completed");
  });

  test("other scopes come along, as text", () => {
    expect(subjectFrom({ id: 1, tenant: 7, team: undefined })).toEqual({ user: "1", tenant: "7" });
  });

  test.for<unknown>([
    {},
    { id: null },
    { id: { id: 1 } },
    { id: [] },
    true,
    Symbol("x"),
    () => "alice",
    { id: "" },
    Number.NaN,
    { id: "a", tenant: { id: 1 } },
  ])("%o is nobody who could be charged", async (identity) => {
    const error = await budgetError(() => subjectFrom(identity as Identity));
    expect(error.code).toBe("identity_required");
  });
});

describe("where sign-ins put their user", () => {
  class Mongoose {
    readonly _id = { toHexString: () => "abc", toString: () => "abc" };
    get id() {
      return "abc";
    }
  }

  test.for<[string, unknown, string | undefined]>([
    ["an id", { id: "alice" }, "alice"],
    ["a number", { id: 7 }, "7"],
    ["the user with id 0", { id: 0 }, "0"],
    ["Clerk", { userId: "user_1" }, "user_1"],
    ["Clerk's function", () => ({ userId: "user_1" }), "user_1"],
    ["Clerk, signed out", { userId: null, sessionId: null }, undefined],
    ["Clerk's function, signed out", () => ({ userId: null, isAuthenticated: false }), undefined],
    ["a token's payload", { payload: { sub: "auth0|1" }, header: {}, token: "e" }, "auth0|1"],
    ["Firebase", { uid: "f1" }, "f1"],
    ["Azure", { oid: "o1" }, "o1"],
    ["Mongo", { _id: { toHexString: () => "abc", toString: () => "abc" } }, "abc"],
    ["a document", new Mongoose(), "abc"],
    [
      "somebody who is said not to be signed in",
      { id: "alice", isAuthenticated: false },
      undefined,
    ],
    ["an empty object", {}, undefined],
    ["an empty id", { id: "" }, undefined],
    ["a name only", { name: "Alice", email: "alice@example.com" }, undefined],
    ["a text", "alice", undefined],
    ["nothing", undefined, undefined],
    ["null", null, undefined],
    ["true", true, undefined],
    ["payloads in payloads", { payload: { payload: { payload: { sub: "x" } } } }, undefined],
  ])("%s", ([, slot, user]) => {
    expect(foundIn([slot])?.id).toBe(user);
  });

  test("the first place that holds somebody counts", () => {
    expect(foundIn([{ userId: null }, undefined, { sub: "b" }, { id: "c" }])?.id).toBe("b");
  });

  test.for<unknown>([
    { id: { $ne: null } },
    { id: ["alice"] },
    { id: { toHexString: 1 } },
    { id: "[object Object]" },
    { id: "x".repeat(300) },
  ])("an id of hostile shape is refused, not guessed: %o", async (slot) => {
    const error = await budgetError(() => foundIn([slot]));
    expect(error.code).toBe("identity_required");
  });

  test("a polluted prototype makes nobody somebody", () => {
    const prototype = Object.prototype as Record<string, unknown>;
    prototype["id"] = "mallory";
    try {
      expect(foundIn([{}, { userId: "bob" }])?.id).toBe("bob");
      expect(foundIn([{}])).toBeUndefined();
    } finally {
      delete prototype["id"];
    }
  });
});
