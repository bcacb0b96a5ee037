import { readFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { expect, test, vi } from "vitest";
import { groupCommit, reading } from "../src/file/group-commit.ts";
import { NO_IMAGE, transactions } from "../src/file/transactions.ts";
import { sqlite } from "../src/index.ts";
import { charge, lifetimeOf, request } from "./requests.ts";
import { tempFolder } from "./temp-folder.ts";

/** A database, and what was executed on it. */
function recorded(fail: (sql: string) => void = () => undefined) {
  const db = new DatabaseSync(join(tempFolder(), "notes.sqlite"));
  db.exec("CREATE TABLE notes (text TEXT)");
  const executed: string[] = [];
  const exec = (sql: string): void => {
    executed.push(sql);
    fail(sql);
    db.exec(sql);
  };
  const insert = db.prepare("INSERT INTO notes VALUES (?)");
  const note = (text: string) => () => insert.run(text).changes;
  const notes = () =>
    db
      .prepare("SELECT text FROM notes ORDER BY rowid")
      .all()
      .map(({ text }) => text);
  const prepare = (sql: string) => db.prepare(sql);
  const all = transactions(
    Object.assign(Object.create(db) as DatabaseSync, { exec, prepare }),
    NO_IMAGE,
  );
  const commit = groupCommit(() => all);
  return { all, commit, executed, note, notes };
}

/** An error as SQLite throws it. */
function sqliteError(errcode: number): Error {
  return Object.assign(new Error("database is locked"), { code: "ERR_SQLITE_ERROR", errcode });
}

test("all that comes in one tick goes into one transaction", async () => {
  const { commit, executed, note, notes } = recorded();
  await Promise.all(["a", "b", "c"].map((text) => commit.run(note(text))));
  expect(executed).toEqual(["BEGIN IMMEDIATE", "COMMIT"]);
  expect(notes()).toEqual(["a", "b", "c"]);
});

test("one that fails does not harm the others of its batch", async () => {
  const { commit, note, notes } = recorded();
  const wrong = new Error("wrong");
  const outcomes = await Promise.allSettled([
    commit.run(note("a")),
    commit.run(() => {
      note("half done")();
      throw wrong;
    }),
    commit.run(note("b")),
  ]);
  expect(outcomes).toEqual([
    { status: "fulfilled", value: 1 },
    { status: "rejected", reason: wrong },
    { status: "fulfilled", value: 1 },
  ]);
  expect(notes()).toEqual(["a", "b"]);
});

test("nobody is answered before the commit, and nobody if it fails", async () => {
  let commits = 0;
  const { commit, note, notes } = recorded((sql) => {
    if (sql === "COMMIT" && (commits += 1) <= 4) throw new Error("disk is full");
  });
  const outcomes = await Promise.allSettled(["a", "b", "c"].map((text) => commit.run(note(text))));
  expect(outcomes.map(({ status }) => status)).toEqual(["rejected", "rejected", "rejected"]);
  expect(notes()).toEqual([]);
  await expect(commit.run(note("d"))).resolves.toBe(1);
  expect(notes()).toEqual(["d"]);
});

test.for([
  ["another process writes", 5],
  ["another process recovers the log", 261],
] as const)("while %s, it is asked for again", async ([, errcode]) => {
  let busy = 20;
  const { commit, note, notes } = recorded((sql) => {
    if (sql === "BEGIN IMMEDIATE" && (busy -= 1) >= 0) throw sqliteError(errcode);
  });
  await Promise.all([commit.run(note("a")), commit.run(note("b"))]);
  expect(notes()).toEqual(["a", "b"]);
});

test("whoever reads while the next batch begins is answered", async () => {
  const { all, commit, note, notes } = recorded();
  await commit.run(note("a"));
  const next = commit.run(note("b"));
  const reads: Promise<unknown>[] = [];
  for (let i = 0; i < 50; i += 1) {
    reads.push(reading(() => all, notes));
    await Promise.resolve();
  }
  await next;
  for (const found of await Promise.all(reads)) expect(["a", "a,b"]).toContain(String(found));
});

test("a file that stays locked fails all that wait at once, not one after the other", async () => {
  let passed = 0;
  vi.spyOn(performance, "now").mockImplementation(() => (passed += 6000));
  let begins = 0;
  const { commit, note } = recorded((sql) => {
    if (sql !== "BEGIN IMMEDIATE") return;
    begins += 1;
    throw sqliteError(5);
  });
  const waiting = Array.from({ length: 50 }, () => commit.run(note("a")));
  const outcomes = await Promise.allSettled(waiting);
  expect(new Set(outcomes.map(({ status }) => status))).toEqual(new Set(["rejected"]));
  expect(begins).toBeLessThan(10);
});

test("what is waiting when the store is closed is still written", async () => {
  const path = join(tempFolder(), "budget.sqlite");
  const store = sqlite({ path });
  const asked = store.reserve(request("hold-1", { limit: 10, nano: 5 }));
  await store.close();
  expect((await asked).kind).toBe("held");
  const again = sqlite({ path });
  expect(await again.windows([lifetimeOf("alice")])).toMatchObject([{ held: 5 }]);
  await again.close();
  expect(readFileSync(path).length).toBeGreaterThan(0);
});

test("a refused, a failing and a granted call in one tick each get their own answer", async () => {
  const store = sqlite({ path: join(tempFolder(), "budget.sqlite") });
  const upsideDown = { ...request("bad", { limit: 10, nano: 1 }), output: { min: 2, max: 1 } };
  const [granted, failing, refused, unknown] = await Promise.allSettled([
    store.reserve(request("hold-1", { limit: 10, nano: 6 })),
    store.reserve(upsideDown),
    store.reserve(request("hold-2", { limit: 10, nano: 6 })),
    store.settle("no-such-hold", charge(1)),
  ]);
  expect(granted).toMatchObject({ value: { kind: "held" } });
  expect(failing).toMatchObject({ status: "rejected", reason: { name: "RangeError" } });
  expect(refused).toMatchObject({ value: { kind: "refused" } });
  expect(unknown).toMatchObject({ value: { kind: "unknown" } });
  expect(await store.windows([lifetimeOf("alice")])).toMatchObject([{ held: 6 }]);
  await store.close();
});
