import { once } from "node:events";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { expect, test, vi } from "vitest";
import { chargesFile, sqlite } from "../src/index.ts";
import type { Told } from "./child.ts";
import { child } from "./processes.ts";
import { tempFolder } from "./temp-folder.ts";

const file = () => join(tempFolder(), "deeper", "charges.sqlite");

test("keeps what is put, in its order, until it is deleted", async () => {
  const path = file();
  const charges = chargesFile({ path });
  expect(charges.name).toBe(`charges at ${path}`);
  expect(existsSync(path)).toBe(false);
  for (const key of ["c", "a", "b"]) await charges.put(key, `"${key} 1"`);
  await charges.put("c", '"c 2"');
  await charges.delete("a");
  await charges.delete("never put");
  await charges.close();
  const again = chargesFile({ path });
  const kept = [
    { key: "c", value: '"c 2"' },
    { key: "b", value: '"b 1"' },
  ];
  expect(await again.all()).toEqual(kept);
  await again.close();
  const database = new DatabaseSync(path);
  expect(database.prepare("PRAGMA application_id").get()).toEqual({ application_id: 0x61627563 });
  database.close();
});

test("killed in mid-flight, whatever was put is there", async () => {
  const path = file();
  const kept = new Set<string>();
  const running = child({ path, name: "a", work: { kind: "keep", charges: 1e9 } });
  running.on("message", (told: Told) => {
    if (told.kept !== undefined) kept.add(told.kept);
    if (kept.size === 80) running.kill("SIGKILL");
  });
  const [, signal] = await once(running, "exit");
  expect(signal).toBe("SIGKILL");
  const charges = chargesFile({ path });
  const found = new Set((await charges.all()).map(({ key }) => key));
  // Every third was deleted again.
  const missing = [...kept].filter((key) => !found.has(key) && Number(key.slice(2)) % 3 > 0);
  expect(missing).toEqual([]);
  expect(found.size).toBeGreaterThan(50);
  await charges.close();
}, 30_000);

test("two processes on one file lose nothing, and neither fails", async () => {
  const path = file();
  const running = ["a", "b"].map((name) =>
    child({ path, name, work: { kind: "keep", charges: 150 } }),
  );
  const codes = await Promise.all(running.map((one) => once(one, "exit")));
  expect(codes).toEqual([
    [0, null],
    [0, null],
  ]);
  const charges = chargesFile({ path });
  const found = (await charges.all()).map(({ key }) => key);
  expect(found.filter((key) => key.startsWith("a"))).toHaveLength(100);
  expect(found.filter((key) => key.startsWith("b"))).toHaveLength(100);
  await charges.close();
}, 30_000);

test.for([
  ["random bytes", /is not a SQLite database, or is damaged.*start with no charges waiting/],
  ["a budget's file", /database of another program.*give chargesFile\(\{ path \}\) another path/],
  ["a newer version's file", /written by a newer assistants-budget \(schema 99; .*up to 1\)/],
] as const)("%s is refused by name and left as it was", async ([what, says]) => {
  const path = join(tempFolder(), "charges.sqlite");
  if (what === "random bytes") writeFileSync(path, "no database at all ".repeat(300));
  if (what === "a budget's file") {
    const store = sqlite({ path });
    await store.open();
    await store.close();
  }
  if (what === "a newer version's file") {
    const charges = chargesFile({ path });
    await charges.put("a", "1");
    await charges.close();
    const database = new DatabaseSync(path);
    database.exec("PRAGMA user_version = 99");
    database.close();
  }
  const bytes = readFileSync(path);
  const charges = chargesFile({ path });
  for (const ask of [() => charges.put("a", "1"), () => charges.all(), () => charges.delete("a")]) {
    const message = expect.stringContaining(path);
    await expect(ask()).rejects.toMatchObject({ code: "store_unavailable", message });
    await expect(ask()).rejects.toThrow(says);
  }
  await charges.close();
  expect(readFileSync(path).equals(bytes)).toBe(true);
});

test("hosts whose disk does not last are refused", async () => {
  vi.stubEnv("AWS_LAMBDA_FUNCTION_NAME", "1");
  const path = file();
  await expect(chargesFile({ path }).put("a", "1")).rejects.toThrow(
    /AWS_LAMBDA_FUNCTION_NAME is set.*Leave `chargesFile` out/,
  );
  vi.unstubAllEnvs();
});
