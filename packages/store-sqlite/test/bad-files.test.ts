import {
  type PathLike,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { BudgetError, type Store } from "@assistants-budget/core/store";
import { describe, expect, test, vi } from "vitest";
import { DEFAULT_PATH, sqlite } from "../src/index.ts";
import { charge, request } from "./requests.ts";
import { tempFolder } from "./temp-folder.ts";

/** What a call of the store ends in. */
async function errorOf(call: Promise<unknown>): Promise<BudgetError> {
  const error: unknown = await call.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof BudgetError)) throw new Error("expected a BudgetError", { cause: error });
  return error;
}

/** A file of ours with some history, closed. */
async function budgetFile(lines = 200): Promise<string> {
  const path = join(tempFolder(), "budget.sqlite");
  const store = sqlite({ path });
  const holds = Array.from({ length: lines }, (_, i) => `hold-${i}`);
  await Promise.all(holds.map((id) => store.reserve(request(id, { limit: null, nano: 5 }))));
  await Promise.all(holds.map((id) => store.settle(id, charge(3))));
  await store.close();
  return path;
}

function databaseOf(path: string, sql: string): string {
  const db = new DatabaseSync(path);
  db.exec(sql);
  db.close();
  return path;
}

const file = (name = "budget.sqlite") => join(tempFolder(), name);

const BAD: readonly {
  readonly what: string;
  readonly make: () => string | Promise<string>;
  readonly says: RegExp;
}[] = [
  {
    what: "random bytes",
    make: () => {
      const path = file();
      writeFileSync(path, Buffer.from(Array.from({ length: 9000 }, (_, i) => (i * 7919) % 251)));
      return path;
    },
    says: /is not a SQLite database, or is damaged\. It was left as it was/,
  },
  {
    what: "a text",
    make: () => {
      const path = file("notes.txt");
      writeFileSync(path, "Dear diary, today the budget held.\n".repeat(50));
      return path;
    },
    says: /is not a SQLite database, or is damaged/,
  },
  {
    what: "a file of ours that was cut off within a page",
    make: async () => {
      const path = await budgetFile();
      truncateSync(path, 10_000);
      return path;
    },
    says: /is not a SQLite database, or is damaged/,
  },
  {
    what: "a file of ours that was cut off between pages",
    make: async () => {
      const path = await budgetFile();
      truncateSync(path, 8192);
      return path;
    },
    says: /is not a SQLite database, or is damaged/,
  },
  {
    what: "a file of ours with a damaged schema",
    make: async () => {
      const path = await budgetFile();
      const bytes = readFileSync(path);
      writeFileSync(path, bytes.fill(0xaa, 100, 4096));
      return path;
    },
    says: /is not a SQLite database, or is damaged/,
  },
  {
    what: "another program's database",
    make: () =>
      databaseOf(
        file("shop.db"),
        "CREATE TABLE orders (id INTEGER); INSERT INTO orders VALUES (1)",
      ),
    says: /is a SQLite database of another program.*needs a file of its own/,
  },
  {
    what: "another program's database in WAL mode",
    make: () =>
      databaseOf(file("shop.db"), "PRAGMA journal_mode = WAL; CREATE TABLE orders (id INTEGER)"),
    says: /is a SQLite database of another program/,
  },
  {
    what: "another program's empty database",
    make: () => databaseOf(file("shop.db"), "PRAGMA application_id = 77; PRAGMA user_version = 3"),
    says: /is a SQLite database of another program \(application_id 77/,
  },
  {
    what: "another program's database before its first table",
    make: () => databaseOf(file("shop.db"), "PRAGMA user_version = 1"),
    says: /is a SQLite database of another program/,
  },
  {
    what: "a file of a newer version",
    make: async () => databaseOf(await budgetFile(), "PRAGMA user_version = 999"),
    says: /was written by a newer assistants-budget \(schema 999; this version knows up to \d+\).*left as it was/,
  },
];

describe("a file that can't be used is named, refused and left as it was", () => {
  test.for(BAD)("$what", async ({ make, says }) => {
    const path = await make();
    const bytes = readFileSync(path);
    const store = sqlite({ path });
    for (const ask of [
      () => store.open(),
      () => store.now(),
      () => store.reserve(request("hold-x", { limit: 10, nano: 1 })),
      () => store.lines({}),
    ]) {
      const error = await errorOf(ask());
      expect(error).toMatchObject({ code: "store_unavailable", status: 503 });
      expect(error.message).toContain(path);
      expect(error.message).toMatch(says);
    }
    await store.close();
    expect(readFileSync(path).equals(bytes)).toBe(true);
    expect(readdirSync(join(path, ".."))).toHaveLength(1);
  });

  test("a folder in its place", async () => {
    const path = file();
    mkdirSync(path);
    const error = await errorOf(sqlite({ path }).open());
    expect(error.code).toBe("store_unavailable");
    expect(error.message).toContain(`${path} can't be opened for writing`);
    expect(readdirSync(path)).toEqual([]);
  });

  test("a path under a file", async () => {
    const parent = file("notes.txt");
    writeFileSync(parent, "hello");
    const path = join(parent, "deeper", "budget.sqlite");
    const error = await errorOf(sqlite({ path }).open());
    expect(error.code).toBe("store_unavailable");
    expect(error.message).toContain(`${path} can't be opened for writing`);
    expect(readFileSync(parent, "utf8")).toBe("hello");
  });
});

test("damage that shows only in use is told with the file's name, and makes it no worse", async () => {
  const path = await budgetFile(2000);
  const bytes = readFileSync(path);
  const pages = (await rootPages(path)).map((page) => (page - 1) * 4096);
  for (const start of pages) bytes.fill(0xaa, start, start + 4096);
  writeFileSync(path, bytes);
  const store = sqlite({ path });
  const error = await errorOf(store.reserve(request("hold-x", { limit: 10, nano: 1 })));
  expect(error.code).toBe("store_unavailable");
  expect(error.message).toContain(path);
  expect(error.message).toMatch(/is not a SQLite database, or is damaged/);
  expect((await errorOf(store.lines({}))).message).toContain(path);
  await store.close();
  expect(readFileSync(path).equals(bytes)).toBe(true);
});

/** Where the tables begin. */
async function rootPages(path: PathLike): Promise<number[]> {
  const db = new DatabaseSync(path);
  const rows = db.prepare("SELECT rootpage FROM sqlite_schema WHERE type = 'table'").all();
  db.close();
  return rows.map(({ rootpage }) => Number(rootpage));
}

test("a file that is mended is used again, without a restart", async () => {
  const path = file();
  writeFileSync(path, "not a database, for now ".repeat(100));
  const store = sqlite({ path });
  await errorOf(store.open());
  writeFileSync(path, "");
  await expect(store.reserve(request("hold-1", { limit: 10, nano: 1 }))).resolves.toHaveProperty(
    "kind",
    "held",
  );
  await store.close();
});

describe("hosts whose disk does not last are refused", () => {
  test.for(["VERCEL", "AWS_LAMBDA_FUNCTION_NAME", "FUNCTIONS_WORKER_RUNTIME", "K_SERVICE"])(
    "%s",
    async (name) => {
      vi.stubEnv(name, "1");
      const path = join(tempFolder(), "deeper", "budget.sqlite");
      const error = await errorOf(sqlite({ path }).open());
      vi.unstubAllEnvs();
      expect(error.code).toBe("store_unavailable");
      expect(error.message).toContain(path);
      expect(error.message).toContain(`${name} is set`);
      expect(error.message).toContain("Redis or PostgreSQL");
      expect(existsSync(join(path, ".."))).toBe(false);
    },
  );
});

test("without a path it is made in the working directory, folder included, at the first call", async () => {
  const folder = tempFolder();
  const before = process.cwd();
  process.chdir(folder);
  try {
    const store: Store = sqlite();
    expect(store.name).toBe(`SQLite at ${DEFAULT_PATH}`);
    expect(readdirSync(folder)).toEqual([]);
    await store.open();
    await store.close();
  } finally {
    process.chdir(before);
  }
  expect(DEFAULT_PATH).toBe(".data/assistants-budget.sqlite");
  expect(existsSync(join(folder, DEFAULT_PATH))).toBe(true);
});
