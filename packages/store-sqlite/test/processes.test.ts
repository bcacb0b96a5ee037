import { join } from "node:path";
import { expect, test } from "vitest";
import { sqlite } from "../src/index.ts";
import { processes } from "./processes.ts";
import { holdsOf, lifetimeOf } from "./requests.ts";
import { tempFolder } from "./temp-folder.ts";

test("four processes on one limit: never above it, nothing lost, none starved", async () => {
  const path = join(tempFolder(), "budget.sqlite");
  const [limit, nano, lanes] = [6_000_000, 10_000, 8];
  const startAt = Date.now() + 1_500;
  const work = { kind: "spend", limit, nano, lanes, startAt } as const;
  const names = ["a", "b", "c", "d"];
  const done = await processes(names.map((name) => ({ path, name, work })));
  expect(done.flatMap(({ errors }) => errors)).toEqual([]);
  const granted = done.map((one) => one.granted);
  const all = granted.reduce((sum, one) => sum + one, 0);
  expect(all).toBe(limit / nano);
  // How fair it is belongs into a benchmark: here another load on the machine may hold one back.
  expect(Math.min(...granted), `granted ${granted.join(", ")}`).toBeGreaterThan(0);

  const store = sqlite({ path });
  const [state] = await store.windows([lifetimeOf("alice")]);
  expect(state).toMatchObject({ spent: limit, held: 0 });
  const lines = await store.lines({ limit: 10_000 });
  expect(lines).toHaveLength(limit / nano);
  expect(new Set(holdsOf(lines)).size).toBe(lines.length);
  expect(await store.holds({ expired: false, limit: 9 })).toEqual([]);
  await store.close();
}, 30_000);

test("processes that make the same file at once all find it theirs", async () => {
  const path = tempFolder();
  const work = { kind: "open", files: 25, startAt: Date.now() + 700 } as const;
  const names = ["a", "b", "c", "d"];
  const done = await processes(names.map((name) => ({ path, name, work })));
  expect(done.flatMap(({ errors }) => errors)).toEqual([]);
}, 30_000);
