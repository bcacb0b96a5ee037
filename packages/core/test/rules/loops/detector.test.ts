import { describe, expect, test } from "vitest";
import { LoopDetector, type ToolCall } from "../../../src/rules/loops/index.ts";
import { each, firstAt, recordAll, times } from "./record-all.ts";

const order = {
  name: "get_order",
  arguments: { id: "A-71" },
  output: '{"total": 30, "paid": false}',
};
const missing = (id: number): ToolCall => ({
  name: "get_plan",
  arguments: { id: `P${id}` },
  output: `Error: Plan with ID P${id} not found`,
});

const status = (state: string): ToolCall => ({
  name: "job_status",
  arguments: { job: "j1" },
  output: `{"job": "j1", "state": "${state}"}`,
});

describe("repeats", () => {
  test("are warned of at the third call and stopped at the fourth", () => {
    expect(recordAll(times(5, order))).toEqual([
      null,
      null,
      { kind: "repeat", repeats: 3, cycle: 1, action: "warn" },
      { kind: "repeat", repeats: 4, cycle: 1, action: "stop" },
      { kind: "repeat", repeats: 5, cycle: 1, action: "stop" },
    ]);
  });

  test("`repeats` says how often", () => {
    expect(firstAt(times(9, order), "warn", { repeats: 5 })).toBe(4);
    expect(firstAt(times(9, order), "stop", { repeats: 5 })).toBe(5);
  });

  test("arguments as the JSON text of a provider are the same arguments", () => {
    const texts = ['{"id":"A-71","full":true}', '{ "full": true, "id": "A-71" }'];
    const calls = each(4, (at) => ({ ...order, arguments: texts[at % 2] }));
    expect(firstAt(calls, "stop")).toBe(3);
  });

  test("a long argument counts to its end", () => {
    const start = "x ".repeat(5000);
    const calls = each(9, (at) => ({
      name: "run",
      arguments: { code: `${start}${at}` },
      output: `result ${at}`,
    }));
    expect(recordAll(calls)).toEqual(calls.map(() => null));
  });

  test("volatile arguments and results do not hide them", () => {
    const calls = each(6, (at) => ({
      name: "list_items",
      arguments: { q: "open", timestamp: `2026-01-02T10:00:0${at}Z`, attempt: at },
      output: `{"items": 3, "at": "2026-01-02T10:00:0${at}Z", "took_ms": ${at * 7}, "of": "queue"}`,
    }));
    expect(firstAt(calls, "stop")).toBe(3);
  });

  test("equal calls whose results move are no loop", () => {
    const calls = each(40, (at) => ({ ...order, output: `{"depth": ${900 - at * 7}}` }));
    expect(recordAll(calls)).toEqual(calls.map(() => null));
  });
});

describe("cycles", () => {
  const other = { name: "list_orders", arguments: {}, output: '["A-71", "A-72", "A-73", "A-74"]' };

  test("two calls in turn", () => {
    const calls = Array.from({ length: 5 }, () => [order, other]).flat();
    const found = recordAll(calls).find((loop) => loop !== null);
    expect(found).toMatchObject({ kind: "cycle", cycle: 2, repeats: 3, action: "warn" });
    expect(firstAt(calls, "stop")).toBeLessThanOrEqual(7);
  });

  test("reading again after each write is none", () => {
    const calls = each(20, (at) =>
      at % 2 === 0
        ? { name: "edit_file", arguments: { path: "a.py", text: `v${at}` }, output: "applied" }
        : { name: "run_tests", arguments: {}, output: `FAILED ${20 - at} tests` },
    );
    expect(recordAll(calls)).toEqual(calls.map(() => null));
  });

  test("a thought between two rounds is no step", () => {
    const calls = each(12, (at) =>
      at % 2 === 0
        ? { name: "think", arguments: { thought: `Once more, ${at}.` }, output: "" }
        : order,
    );
    expect(firstAt(calls, "stop")).toBe(7);
  });
});

describe("polling", () => {
  test("a job that runs for long is waited for", () => {
    const calls = [...times(11, status("running")), status("done")];
    expect(recordAll(calls)).toEqual(calls.map(() => null));
  });

  test("one that never moves is not", () => {
    expect(firstAt(times(30, status("running")), "warn")).toBe(11);
    expect(firstAt(times(30, status("running")), "stop")).toBe(21);
  });

  test("one that has failed is an ordinary repeat", () => {
    expect(firstAt(times(30, status("failed")), "stop")).toBe(3);
  });

  test("settings say what names do not", () => {
    const call = { name: "inbox", arguments: {}, output: "No mail from the customer so far." };
    expect(firstAt(times(30, call), "stop")).toBe(3);
    expect(firstAt(times(30, call), "stop", { tools: { inbox: { polling: true } } })).toBe(21);
    const never = { tools: { job_status: { polling: false } } };
    expect(firstAt(times(30, status("running")), "stop", never)).toBe(3);
  });

  test("a service that is away is given some more tries", () => {
    const away = { ...order, output: "503 Service Unavailable" };
    expect(firstAt(times(9, away), "warn")).toBe(3);
    expect(firstAt(times(9, away), "stop")).toBe(5);
  });
});

describe("errors", () => {
  test("one error with other arguments each time", () => {
    const calls = each(10, missing);
    expect(recordAll(calls)[3]).toMatchObject({ kind: "error", repeats: 4, action: "warn" });
    expect(firstAt(calls, "stop")).toBe(5);
  });

  test("something found between them is progress", () => {
    const calls = each(20, (at) =>
      at % 3 === 2 ? { ...order, arguments: { id: at } } : missing(at),
    );
    expect(firstAt(calls, "stop")).toBe(-1);
  });

  test("one error from several tools", () => {
    const calls = each(12, (at) => ({
      name: ["get_user", "get_orders", "get_balance"][at % 3] ?? "",
      arguments: { id: `u${at}` },
      output: "Error: 401 Unauthorized: token expired",
    }));
    expect(firstAt(calls, "stop")).toBe(6);
  });
});

describe("what is the same in other words", () => {
  test("one result whatever is asked", () => {
    const calls = each(8, (at) => ({
      name: "search_docs",
      arguments: { query: `timeout ${"abcdefgh"[at]}` },
      output: "1. Waiting, an overview. 2. How to wait longer.",
    }));
    expect(recordAll(calls)[3]).toMatchObject({ kind: "no-news", action: "warn" });
    expect(firstAt(calls, "stop")).toBe(5);
  });

  test("acknowledgements of a batch are none", () => {
    const calls = each(40, (at) => ({
      name: "approve_request",
      arguments: { request_id: `r-${at}`, reason: "reviewed" },
      output: '{"ok": true}',
    }));
    expect(recordAll(calls)).toEqual(calls.map(() => null));
  });

  test("the same write, each time with a new id", () => {
    const calls = each(6, (at) => ({
      name: "create_ticket",
      arguments: { subject: "Refund" },
      output: `{"ticket_id": ${4100 + at}, "created": true}`,
    }));
    expect(firstAt(calls, "warn")).toBe(2);
    expect(firstAt(calls, "stop")).toBe(3);
    const tools = { create_ticket: { idempotent: true } };
    expect(firstAt(calls, "stop", { tools })).toBe(-1);
  });
});

describe("maxCalls", () => {
  test("warns with the last call that is fine, and stops each further one", () => {
    const tools = { get_order: { maxCalls: 2 } };
    const calls = each(4, (at) => ({ ...order, arguments: { id: at }, output: `order ${at}` }));
    const actions = recordAll(calls, { tools }).map((loop) => loop?.action);
    expect(actions).toEqual([undefined, "warn", "stop", "stop"]);
  });
});

describe("userTurn", () => {
  test("lets the agent look again", () => {
    const detector = new LoopDetector();
    const actions = Array.from({ length: 6 }, () => {
      detector.userTurn();
      return detector.record(order)?.action;
    });
    expect(actions).not.toContain("stop");
  });
});
